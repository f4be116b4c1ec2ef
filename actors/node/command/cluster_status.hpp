// What `troupe status` knows of a cluster, and whether that is healthy. Only values: cluster_look.cpp asks the nodes.
#pragma once

#include "actors/node/command/kafka_client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::command {

/// A node's data directory as it tells of it.
struct disk_status {
  std::string directory;
  std::int64_t record_bytes = 0; // of all its partitions
  std::int64_t total_bytes = -1; // of its file system; -1: not told
  std::int64_t usable_bytes = -1;
};

struct node_status {
  std::int32_t id = -1;
  std::string host;
  std::int32_t port = 0;
  bool is_fenced = false;
  std::vector<disk_status> disks;
  /// Why it tells nothing of its disks, or which of them failed; empty if all is well. `may_be`: an older node that
  /// cannot tell is no problem.
  std::string disk_problem;
};

/// What a node's admin listener says.
struct admin_status {
  std::string address;
  bool is_live = false;
  bool is_ready = false;
  std::string version; // empty: not told
  std::int64_t uptime_ms = -1;
  std::int64_t restarting = 0; // actors that have failed and wait to be started again
};

/// Partitions of a kind, with the names of the first few.
struct partition_tally {
  std::int64_t count = 0;
  std::vector<std::string> examples; // "orders/0"

  void add(const std::string& topic, partition_id partition);
};

struct cluster_status {
  std::string cluster_id;
  std::int32_t controller = -1; // -1: none
  std::vector<node_status> nodes;
  std::int64_t topics = 0;
  std::int64_t partitions = 0;
  partition_tally leaderless;
  partition_tally under_replicated;
  /// Nothing: not reached, which is no problem: it can be switched off.
  std::optional<admin_status> admin;
};

void count_topics(const std::vector<topic_info>& topics, cluster_status& into);

/// What keeps the cluster from being healthy, a sentence each; empty if it is.
std::vector<std::string> problems_of(const cluster_status& status);

std::string status_as_text(const cluster_status& status);
/// One object.
std::string status_as_json(const cluster_status& status);

/// Asks the nodes and, where `admin` is an address, its admin listener.
result<cluster_status> look_at_cluster(kafka_client& client, const std::optional<config::address>& admin);

} // namespace troupe::command
