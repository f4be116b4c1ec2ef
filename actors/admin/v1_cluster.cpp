#include "actors/admin/v1_cluster.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

namespace troupe::admin {

namespace {

using nlohmann::json;

struct node_share {
  std::uint64_t leads = 0;
  std::uint64_t replicas = 0;
  std::uint64_t out_of_sync = 0;
};

struct cluster_sums {
  std::map<node_id, node_share> nodes;
  std::uint64_t leaderless = 0;
  std::uint64_t under_replicated = 0;
};

bool is_in_sync(const metadata::partition& partition, node_id node) {
  return std::find(partition.isr.begin(), partition.isr.end(), node) != partition.isr.end();
}

bool is_lacking(const metadata::partition& partition) {
  return partition.leader == metadata::no_leader || partition.isr.size() < partition.replicas.size();
}

cluster_sums sums_of(const metadata::metadata_image& image) {
  cluster_sums sums;
  image.for_each_topic([&](const metadata::topic& topic) {
    for (auto& partition : topic.partitions) {
      sums.leaderless += partition.leader == metadata::no_leader;
      sums.under_replicated += partition.isr.size() < partition.replicas.size();
      if (partition.leader != metadata::no_leader)
        ++sums.nodes[partition.leader].leads;
      for (auto node : partition.replicas) {
        ++sums.nodes[node].replicas;
        sums.nodes[node].out_of_sync += !is_in_sync(partition, node);
      }
    }
  });
  return sums;
}

/// What the followers of a partition that is led here lack.
std::map<node_id, std::int64_t> lags_of(const metrics::partition_counters& counters) {
  std::map<node_id, std::int64_t> lags;
  auto shown = std::min<std::size_t>(static_cast<std::size_t>(counters.followers_shown.value()), counters.followers.size());
  for (std::size_t i = 0; i < shown; ++i)
    if (auto end = counters.followers[i].log_end.value(); end >= 0)
      lags[node_id{static_cast<std::int32_t>(counters.followers[i].node.value())}] =
          std::max<std::int64_t>(counters.log_end.value() - end, 0);
  return lags;
}

json replicas_of(const metadata::metadata_image& image, const metadata::partition& partition,
                 const std::map<node_id, std::int64_t>& lags) {
  auto out = json::array();
  for (auto node : partition.replicas) {
    auto* broker = image.find_broker(node);
    auto lag = lags.find(node);
    out.push_back({{"node", node.value()},
                   {"in_sync", is_in_sync(partition, node)},
                   {"alive", broker && !broker->fenced},
                   {"lag", node == partition.leader ? json(0) : lag == lags.end() ? json() : json(lag->second)}});
  }
  return out;
}

/// Collects a page of partitions.
class replica_lister {
public:
  replica_lister(const admin_environment& environment, const metadata::metadata_image& image, const replicas_wanted& wanted)
      : environment_(environment), image_(image), wanted_(wanted) {}

  void add(const metadata::topic& topic) {
    std::map<partition_id, std::map<node_id, std::int64_t>> lags;
    auto looked = false;
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      auto& partition = topic.partitions[i];
      if ((wanted_.only_lacking && !is_lacking(partition)) || count_++ < wanted_.after || out_.size() >= wanted_.limit)
        continue;
      if (!std::exchange(looked, true))
        environment_.partitions->for_each_of(
            topic.name, [&](const metrics::partition_facts& one) { lags[one.partition] = lags_of(one.counters); });
      partition_id id{static_cast<std::int32_t>(i)};
      out_.push_back({{"topic", topic.name},
                      {"partition", id.value()},
                      {"leader", partition.leader.value()},
                      {"leader_epoch", partition.leader_epoch.value()},
                      {"replicas", replicas_of(image_, partition, lags[id])}});
    }
  }

  json take() { return {{"partitions", std::move(out_)}, {"count", count_}}; }

private:
  const admin_environment& environment_;
  const metadata::metadata_image& image_;
  const replicas_wanted& wanted_;
  json out_ = json::array();
  std::uint64_t count_ = 0;
};

} // namespace

json cluster_json(const admin_environment& environment, const broker_view& view) {
  auto sums = sums_of(*view.image);
  auto brokers = json::array();
  view.image->for_each_broker([&](const metadata::broker& broker) {
    auto endpoints = json::array();
    for (auto& endpoint : broker.endpoints)
      endpoints.push_back({{"listener", endpoint.listener}, {"host", endpoint.host}, {"port", endpoint.port}});
    auto& share = sums.nodes[broker.node];
    brokers.push_back({{"node", broker.node.value()},
                       {"fenced", broker.fenced},
                       {"rack", broker.rack ? json(*broker.rack) : json()},
                       {"leads", share.leads},
                       {"replicas", share.replicas},
                       {"out_of_sync", share.out_of_sync},
                       {"endpoints", std::move(endpoints)}});
  });
  return {{"cluster_id", environment.cluster_id},
          {"self", environment.self.value()},
          {"brokers", std::move(brokers)},
          {"topics", view.image->topic_count()},
          {"partitions", view.image->partition_count()},
          {"leaderless", sums.leaderless},
          {"under_replicated", sums.under_replicated},
          {"metadata_version", view.image->version().value()}};
}

json replicas_json(const admin_environment& environment, const broker_view& view, const replicas_wanted& wanted) {
  replica_lister lister{environment, *view.image, wanted};
  if (wanted.topic.empty())
    view.image->for_each_topic([&](const metadata::topic& topic) { lister.add(topic); });
  else if (auto* topic = view.image->find_topic(wanted.topic))
    lister.add(*topic);
  return lister.take();
}

} // namespace troupe::admin
