// The actor system of a process that is there for a node.
#pragma once

#include <caf/actor_system_config.hpp>

namespace troupe {

/// How CAF runs a node best; measured. Brings the middleman, which listeners need.
struct node_system_config : caf::actor_system_config {
  node_system_config();
};

} // namespace troupe
