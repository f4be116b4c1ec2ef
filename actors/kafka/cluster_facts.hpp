// What several answers say about the cluster.
#pragma once

#include "actors/kafka/operation.hpp"
#include "actors/kafka/session.hpp"

#include <cstdint>

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

} // namespace troupe::kafka
