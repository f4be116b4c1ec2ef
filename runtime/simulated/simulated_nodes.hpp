// What the simulated disk is made of; only for its own files.
#pragma once

#include "runtime/simulated/simulated_content.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe::test {

struct simulated_file_system::node {
  bool is_directory = false;
  std::map<std::string, node_ptr> entries;
  std::map<std::string, node_ptr> durable_entries;
  simulated_content content;
};

/// One atomic change of directories: names that get a node, or none.
struct simulated_file_system::change {
  struct setting {
    node_ptr directory;
    std::string name;
    node_ptr target;
  };
  std::vector<setting> settings;
};

} // namespace troupe::test
