// What `troupe cluster status` and the table of `troupe up` know of a cluster: its quorum, its brokers, and partitions
// that are not as they should be. Only values: cluster_view_look.cpp asks the nodes.
#pragma once

#include "actors/node/command/cluster_status.hpp"
#include "actors/node/command/kafka_client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::command {

struct broker_row {
  std::int32_t id = -1;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;
  bool is_fenced = false;
  std::int64_t leads = 0;    ///< partitions
  std::int64_t replicas = 0; ///< of partitions, those that it leads included
  std::int64_t lagging = 0;  ///< of the replicas, those that are not in sync
};

/// A member of the metadata quorum, or one that only listens.
struct quorum_member {
  std::int32_t id = -1;
  std::int64_t end_offset = -1;
  std::int64_t caught_up_ms_ago = -1; ///< -1: not told
};

struct quorum_view {
  std::int32_t leader = -1;
  std::int32_t term = -1;
  std::int64_t committed = -1; ///< the high watermark of the metadata
  std::vector<quorum_member> voters;
  std::vector<quorum_member> observers;
};

struct cluster_view {
  std::string cluster_id;
  std::int32_t controller = -1; ///< -1: none
  /// Nothing: the nodes don't tell; `quorum_missing` says why.
  std::optional<quorum_view> quorum;
  std::string quorum_missing;
  std::vector<broker_row> brokers; ///< by id
  std::int64_t topics = 0;
  std::int64_t partitions = 0;
  partition_tally leaderless;
  partition_tally under_min_isr;
  partition_tally under_replicated;
};

/// Counts partitions, whose brokers are there already.
void count_partitions(const std::vector<topic_info>& topics, cluster_view& into);

/// Whether somebody leads: the cluster, and every partition.
bool is_led(const cluster_view& view);

std::string view_as_text(const cluster_view& view);
/// One object.
std::string view_as_json(const cluster_view& view);

/// Brokers, controller and the partitions that Metadata tells of.
result<cluster_view> look_at_partitions(kafka_client& client);
/// That, the quorum, and which partitions take no acks=all.
result<cluster_view> look_at_everything(kafka_client& client);

} // namespace troupe::command
