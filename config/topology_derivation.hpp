// The steps between what the file of a cluster says and what its nodes are told.
#pragma once

#include "config/node_reading.hpp"
#include "config/topology.hpp"

#include <string>
#include <vector>

namespace troupe::config {

/// A [[node]].
struct member_reading {
  node_reading node;
  member_options own;
  std::map<std::string_view, place> own_set_at;
  place at; ///< of the table

  bool has_own(std::string_view option) const { return own_set_at.contains(option); }
  /// Of what was said, else of the whole table.
  place where(std::string_view option) const;
};

/// A [[topic]].
struct topic_reading {
  topic_entry topic;
  place at;
  place replication_at;
};

/// Ids, names, roles, directories and addresses, for members that don't say.
void derive_members(std::vector<member_reading>& members, const cluster_options& cluster, const std::string& data_base);

/// What every node knows of the others, once each has its own.
void tell_members_of_each_other(std::vector<member_reading>& members);

/// What contradicts itself, between nodes and between topics and nodes.
mistakes check_members(const std::vector<member_reading>& members);
mistakes check_topics(const std::vector<topic_reading>& topics, const std::vector<node_options>& nodes);
mistakes warnings_for(const std::vector<member_reading>& members);

} // namespace troupe::config
