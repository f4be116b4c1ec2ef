// A cluster as one file describes it: what its nodes have in common, a [[node]] for each, a [[topic]] for each that is
// to be there. A file without [[node]]s describes one node that is alone.
//
//     [[node]]
//     [[node]]
//     [[node]]            # n1, n2 and n3 on this machine, Kafka clients on 9092, 9093 and 9094
//
// What holds for a node: its own [[node]], before the top of the file, before what is derived, before the defaults.
#pragma once

#include "config/cluster_options.hpp"
#include "config/load.hpp"
#include "config/option_table.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

struct topology {
  /// In the order of the file, never empty; ids, names, addresses and directories are each node's own.
  std::vector<node_options> nodes;
  std::vector<topic_entry> topics;
  /// Sentences on what is allowed and still no good idea.
  mistakes warnings;

  const node_options* find(std::string_view name) const;
  /// "n1, n2 and n3"
  std::string names() const;
};

/// The value of a topic's option as the protocol has it ("7d" -> "604800000"), or what is wrong with option or value.
using topic_option_reader = std::function<tl::expected<std::string, refusal>(std::string_view name, std::string_view value)>;

struct topology_request {
  /// Whom `changes` are for; need not be given where there is only one node.
  std::string name;
  overrides changes;
  /// Every node's data lies in a folder of its name below this, whatever the file says. Empty: as the file says.
  std::string data_base;
  topic_option_reader read_topic_option = [](std::string_view, std::string_view value) { return std::string{value}; };
};

/// Every mistake there is, in the order of the text; a name that no node has is one.
checked<topology> parse_topology(std::string_view text, const std::string& source, const topology_request& request = {});

/// The same for a file, or for none at all if `path` is empty: one node with the defaults.
checked<topology> load_topology(const std::string& path, const topology_request& request = {});

} // namespace troupe::config
