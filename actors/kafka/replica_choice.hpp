// From which replica a consumer is to read (KIP-392).
#pragma once

#include "actors/interface/broker_view.hpp"
#include "actors/kafka/session_options.hpp"

#include <optional>
#include <string_view>

namespace troupe::kafka {

/// The in-sync replica that stands in the client's rack, as Kafka's RackAwareReplicaSelector has it. Nothing: the leader,
/// because it stands there itself, or nobody does, or this node, which leads, has no rack.
inline std::optional<node_id> nearest_replica(const metadata::metadata_image& image, const metadata::partition& of,
                                              std::string_view rack, const session_options& here) {
  auto* leader = image.find_broker(here.self);
  if (rack.empty() || !leader || !leader->rack || *leader->rack == rack)
    return std::nullopt;
  for (auto node : of.isr)
    if (auto* broker = image.find_broker(node);
        broker && node != here.self && broker->rack == rack && !broker->fenced && broker->find_endpoint(here.listener_name))
      return node;
  return std::nullopt;
}

} // namespace troupe::kafka
