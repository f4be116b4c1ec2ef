// What `troupe node` does once the configuration is read.
#pragma once

#include "config/node_options.hpp"

namespace troupe {

/// Runs a node until it is told to stop. Gives the exit code of the process: 0 after an orderly stop;
/// otherwise the reason has been said in one sentence on standard error.
int run_node(const config::node_options& options);

} // namespace troupe
