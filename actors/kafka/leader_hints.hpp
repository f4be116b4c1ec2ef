// Where the leader is, for answers that say that it is not here (KIP-951).
#pragma once

#include "actors/kafka/cluster_facts.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/wire/message.hpp"

#include <algorithm>
#include <vector>

namespace troupe::kafka {

class leader_hints {
public:
  /// The leader of the partition, as far as it is known; its node is listed in the response.
  wire::leader_id_and_epoch look_up(const operation_context& context, const topic_match& match,
                                    std::int32_t partition) {
    auto* state = match.topic ? match.topic->find_partition(partition_id{partition}) : nullptr;
    if (!state)
      return {};
    list(context, state->leader);
    return {state->leader.value(), state->leader_epoch.value()};
  }

  const std::vector<wire::node_endpoint>& nodes() const noexcept { return nodes_; }

private:
  void list(const operation_context& context, node_id leader) {
    auto* broker = context.view.image->find_broker(leader);
    auto* endpoint = broker ? broker->find_endpoint(context.environment.options->listener_name) : nullptr;
    auto is_leader = [&](auto& node) { return node.node_id == leader.value(); };
    if (endpoint && !broker->fenced && std::none_of(nodes_.begin(), nodes_.end(), is_leader))
      nodes_.push_back({leader.value(), endpoint->host, endpoint->port, broker->rack});
  }

  std::vector<wire::node_endpoint> nodes_;
};

} // namespace troupe::kafka
