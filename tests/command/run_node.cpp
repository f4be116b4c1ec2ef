#include "tests/command/run_node.hpp"

#include "actors/node/run_node.hpp"

std::optional<troupe::config::node_options> latest_node_options;

namespace troupe {

int run_node(const config::node_options& options) {
  latest_node_options = options;
  return 7;
}

} // namespace troupe
