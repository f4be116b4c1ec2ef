// Every option that there is, of nodes, listeners, clusters, topics and running brokers, for `troupe config list`, the manual page and
// docs/options.md.
#pragma once

#include "config/option_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

/// Options that are written in the same place.
struct option_group {
  std::string name;  // "node", "listener", "cluster", "member", "new topic", "topic" or "broker"
  std::string title; // "Options of a node"
  std::string where; // a sentence on where they are written
  std::vector<config::listed_option> options;
};

/// All groups with those options whose name contains `word`; without the groups that then have none.
std::vector<option_group> list_options(std::string_view word = {});

/// One line for each option below a heading.
std::string options_as_text(const std::vector<option_group>& groups);
/// One object a line.
std::string options_as_json(const std::vector<option_group>& groups);
/// The whole page docs/options.md.
std::string options_as_markdown(const std::vector<option_group>& groups);

} // namespace troupe::command
