// What several answers say about the cluster.
#pragma once

#include "actors/kafka/operation.hpp"
#include "actors/kafka/session.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace troupe::kafka {

/// Kafka's operations as bits (KIP-430); without an authorizer everybody may do everything.
/// Topics: read 3, write 4, create 5, delete 6, alter 7, describe 8, describe configs 10, alter configs 11.
constexpr std::int32_t all_topic_operations =
    1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11;
/// The cluster: create 5, alter 7, describe 8, cluster action 9, describe 10 and alter 11 configs, idempotent write 12.
constexpr std::int32_t all_cluster_operations = 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

/// f(broker, endpoint) for every broker that clients can connect to.
template <class F>
void for_each_live_broker(const operation_context& context, F&& f) {
  context.view.image->for_each_broker([&](const metadata::broker& broker) {
    auto* endpoint = broker.find_endpoint(context.environment.options->listener_name);
    if (!broker.fenced && endpoint)
      f(broker, *endpoint);
  });
}

/// The brokers that clients of this listener can connect to.
class live_brokers {
public:
  explicit live_brokers(const operation_context& context) {
    for_each_live_broker(context,
                         [this](const metadata::broker& broker, const auto&) { nodes_.push_back(broker.node); });
  }

  bool has(node_id node) const { return std::binary_search(nodes_.begin(), nodes_.end(), node); }
  /// Whom clients are to ask for what the controller decides: any broker passes it on.
  std::int32_t controller(node_id self) const {
    return has(self) || nodes_.empty() ? self.value() : nodes_.front().value();
  }

private:
  std::vector<node_id> nodes_; // ascending
};

inline std::vector<std::int32_t> numbers_of(const std::vector<node_id>& nodes) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(nodes.size());
  for (auto node : nodes)
    numbers.push_back(node.value());
  return numbers;
}

/// What Metadata and DescribeTopicPartitions both say of a partition.
template <class Told>
void tell_partition(const live_brokers& live, const metadata::partition& partition, std::int32_t index, Told& told) {
  told.partition_index = index;
  told.leader_epoch = partition.leader_epoch.value();
  // A leader that cannot be reached is none: clients ask again.
  auto has_leader = live.has(partition.leader);
  told.leader_id = has_leader ? partition.leader.value() : metadata::no_leader.value();
  if (!has_leader)
    told.error_code = wire::number(wire::error_code::leader_not_available);
  told.replica_nodes = numbers_of(partition.replicas);
  told.isr_nodes = numbers_of(partition.isr);
  for (auto node : partition.replicas)
    if (!live.has(node))
      told.offline_replicas.push_back(node.value());
}

} // namespace troupe::kafka
