// What the metadata say of a partition fits together: who leads is in sync, who is in sync is a replica that is not fenced, and
// epochs only grow.
#include "tests/simulation_cluster/checker.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::simulation::cluster {

namespace {

bool has(const std::vector<node_id>& nodes, node_id node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

class partition_checker final : public checker {
public:
  using checker::checker;

  void on(const metadata_seen& event) override {
    if (event.image->version() <= newest_)
      return;
    newest_ = event.image->version();
    event.image->for_each_topic([&](const metadata::topic& topic) {
      for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
        place where{topic.name, static_cast<std::int32_t>(i)};
        see(where, topic.partitions[i]);
        see_brokers(where, topic.partitions[i], *event.image);
      }
    });
  }

private:
  void see(const place& where, const metadata::partition& now) {
    auto& before = known_[where];
    auto name = "partitions: " + where.to_string() + ": ";
    if (now.leader_epoch.value() < before.first || now.partition_epoch.value() < before.second)
      wrong(name + "an epoch went back");
    before = {now.leader_epoch.value(), now.partition_epoch.value()};
    if (now.leader != metadata::no_leader && !has(now.isr, now.leader))
      wrong(name + "its leader is not in sync");
    for (auto node : now.isr)
      if (!has(now.replicas, node) || has(now.elr, node))
        wrong(name + "node " + std::to_string(node.value()) + " is in sync, and no replica or only eligible");
    for (auto node : now.elr)
      if (!has(now.replicas, node))
        wrong(name + "node " + std::to_string(node.value()) + " is eligible and no replica");
    if (now.isr.empty() && now.elr.empty() && now.last_known_elr.empty())
      wrong(name + "nobody may ever lead it");
  }

  /// One that is fenced may be eligible, but is not in sync: unless it is the last one, and nobody leads.
  void see_brokers(const place& where, const metadata::partition& now, const metadata::metadata_image& image) {
    if (now.isr.size() == 1 && now.leader == metadata::no_leader)
      return;
    for (auto node : now.isr)
      if (auto* broker = image.find_broker(node); !broker || broker->fenced)
        wrong("partitions: " + where.to_string() + ": node " + std::to_string(node.value()) + " is in sync and "
              + (broker ? "fenced" : "not registered"));
  }

  metadata::metadata_version newest_;
  std::map<place, std::pair<std::int32_t, std::int32_t>> known_;
};

} // namespace

checker_ptr make_partition_checker(history& report, replica_disks& disks) {
  return std::make_unique<partition_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
