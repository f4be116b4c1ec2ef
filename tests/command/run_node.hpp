// The stand-in for the node: remembers what it was told.
#pragma once

#include "config/node_options.hpp"

#include <optional>

/// The options of the latest run_node(), if there was one.
extern std::optional<troupe::config::node_options> latest_node_options;
