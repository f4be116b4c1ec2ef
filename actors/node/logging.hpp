// The node's log: spdlog on standard error, one line an event, as text for people or as JSON for machines.
#pragma once

#include "config/node_options.hpp"

namespace troupe {

/// Text: time, level, node, then "component: message". JSON: the same as an object with these keys.
void set_up_logging(const config::node_options& options);

} // namespace troupe
