// What is acknowledged by all in-sync replicas is synced on at least min.insync.replicas disks; and whatever was acknowledged or
// read is on the disk of everyone who may lead: the members of the in-sync set, and the eligible leader replicas.
#include "tests/simulation_cluster/checker.hpp"

#include "runtime/metadata/topic_config.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::simulation::cluster {

namespace {

std::int32_t min_insync_of(const metadata::topic& topic, const metadata::partition& partition) {
  metadata::topic_options options;
  if (auto set = topic.configs.find("min.insync.replicas"); set != topic.configs.end())
    options.min_insync_replicas = std::stoi(set->second);
  return metadata::effective_min_insync(options, partition.replication_factor());
}

class durable_checker final : public checker {
public:
  using checker::checker;

  void on(const metadata_seen& event) override {
    if (event.image->version() <= newest_->version())
      return;
    newest_ = event.image;
    newest_->for_each_topic([this](const metadata::topic& topic) {
      for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
        auto& now = topic.partitions[i];
        place where{topic.name, static_cast<std::int32_t>(i)};
        auto& known = known_[where];
        if (now.partition_epoch == known.epoch)
          continue;
        auto is_next = now.partition_epoch.value() == known.epoch.value() + 1;
        auto suspects = std::exchange(known.suspects, {});
        known = {now.isr, now.elr, now.partition_epoch, known.last, {}};
        look_at(where, known);
        if (is_next)
          judge(where, known, suspects);
      }
    });
  }

  void on(const cluster_at_rest&) override {
    for (auto& [where, known] : known_)
      judge(where, known, known.suspects);
  }

  void on(const batch_acknowledged& event) override {
    if (event.base < 0)
      return;
    auto* topic = newest_->find_topic(event.where.topic);
    auto* partition = topic ? topic->find_partition(partition_id{event.where.partition}) : nullptr;
    if (!partition)
      return;
    auto wanted = static_cast<std::size_t>(min_insync_of(*topic, *partition));
    auto copies = disks().copies(event.where, event.base, wanted);
    if (copies < wanted)
      wrong("durable: " + event.where.to_string() + " at " + std::to_string(event.base) + " was acknowledged and is synced on "
            + std::to_string(copies) + " of " + std::to_string(wanted) + " nodes");
    committed(event.where, event.base + static_cast<std::int64_t>(event.records.size()) - 1);
  }

  void on(const records_read& event) override {
    if (!event.records.empty())
      committed(event.where, event.records.back().offset);
  }

  void on(const node_wiped& event) override {
    if (auto* broker = newest_->find_broker(event.node))
      wiped_[event.node] = broker->epoch;
  }

private:
  struct partition_facts {
    std::vector<node_id> isr;
    std::vector<node_id> elr;
    metadata::partition_epoch epoch{-1};
    std::int64_t last = -1; ///< the last record that is committed
    /// Who did not have which record, and was a member as far as was known: the leader may know of a newer state.
    std::map<node_id, std::int64_t> suspects = {};
  };

  void committed(const place& where, std::int64_t offset) {
    auto& known = known_[where];
    if (offset <= known.last)
      return;
    known.last = offset;
    look_at(where, known);
  }

  /// Until the controller has heard of it, one whose disk was wiped is still among them.
  bool is_wiped(node_id node) const {
    auto wiped = wiped_.find(node);
    if (wiped == wiped_.end())
      return false;
    auto* broker = newest_->find_broker(node);
    return !broker || broker->epoch <= wiped->second;
  }

  void look_at(const place& where, partition_facts& known) {
    if (known.last < 0)
      return;
    for (auto* members : {&known.isr, &known.elr})
      for (auto node : *members)
        if (!is_wiped(node) && !known.suspects.contains(node) && !disks().holds(node, where, known.last))
          known.suspects[node] = known.last;
  }

  /// Whoever is a member in the next state, too, was one all the time.
  void judge(const place& where, const partition_facts& known, const std::map<node_id, std::int64_t>& suspects) {
    for (auto& [node, offset] : suspects)
      for (auto* members : {&known.isr, &known.elr})
        if (std::find(members->begin(), members->end(), node) != members->end())
          wrong("durable: node " + std::to_string(node.value()) + " may lead " + where.to_string() + " and had not synced offset "
                + std::to_string(offset) + ", which was acknowledged or read");
  }

  metadata::image_ptr newest_ = metadata::metadata_image::empty();
  std::map<place, partition_facts> known_;
  std::map<node_id, metadata::broker_epoch> wiped_; ///< in which epoch
};

} // namespace

checker_ptr make_durable_checker(history& report, replica_disks& disks) {
  return std::make_unique<durable_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
