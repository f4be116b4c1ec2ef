// Below what they know to be committed, the logs of a partition's replicas are the same, batch by batch, and nothing of it is
// ever cut off. Once all is at rest, they are the same to their ends.
#include "tests/simulation_cluster/checker.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

namespace troupe::simulation::cluster {

namespace {

class divergence_checker final : public checker {
public:
  using checker::checker;

  void on(const metadata_seen& event) override {
    if (event.image->version() <= newest_->version())
      return;
    newest_ = event.image;
    std::erase_if(replicas_, [this](auto& entry) { return !is_replica(entry.first.first, entry.first.second); });
  }

  void on(const high_watermark_known& event) override {
    if (!is_replica(event.node, event.where))
      return;
    auto& known = replicas_[{event.node, event.where}];
    if (event.high_watermark <= known.high_watermark)
      return;
    known.high_watermark = event.high_watermark;
    for (auto& batch : batches_of(event.node, event.where, known.compared, known.high_watermark)) {
      known.compared = batch.end;
      compare(committed_[event.where], event.node, event.where, batch);
    }
  }

  void on(const log_cut& event) override {
    auto found = replicas_.find({event.node, event.where});
    if (found == replicas_.end())
      return;
    auto& known = found->second;
    if (event.at < known.high_watermark)
      wrong("divergence: node " + std::to_string(event.node.value()) + " cuts " + event.where.to_string() + " to "
            + std::to_string(event.at) + ", and knew that it is committed up to " + std::to_string(known.high_watermark));
  }

  void on(const node_wiped& event) override {
    std::erase_if(replicas_, [&](auto& entry) { return entry.first.first == event.node; });
  }

  void on(const cluster_at_rest&) override {
    newest_->for_each_topic([this](const metadata::topic& topic) {
      for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
        place where{topic.name, static_cast<std::int32_t>(i)};
        batches all;
        for (auto node : topic.partitions[i].replicas)
          for (auto& batch : batches_of(node, where, 0, std::numeric_limits<std::int64_t>::max()))
            compare(all, node, where, batch);
      }
    });
  }

private:
  struct replica {
    std::int64_t high_watermark = 0;
    std::int64_t compared = 0; ///< up to here
  };
  struct seen {
    node_id node;
    synced_batch what;
  };
  using batches = std::map<std::int64_t, seen>;

  bool is_replica(node_id node, const place& where) const {
    auto* topic = newest_->find_topic(where.topic);
    auto* found = topic ? topic->find_partition(partition_id{where.partition}) : nullptr;
    return found && std::find(found->replicas.begin(), found->replicas.end(), node) != found->replicas.end();
  }

  std::vector<synced_batch> batches_of(node_id node, const place& where, std::int64_t from, std::int64_t end) {
    std::vector<synced_batch> found;
    disks().for_each(node, where, from, [&](const synced_batch& batch) {
      if (batch.end <= end)
        found.push_back(batch);
      return batch.end <= end;
    });
    return found;
  }

  void compare(batches& all, node_id node, const place& where, const synced_batch& batch) {
    auto& first = all.try_emplace(batch.base, seen{node, batch}).first->second;
    auto same = first.what == batch || !is_there(node, where, batch);
    if (!same && !is_there(first.node, where, first.what)) {
      first = {node, batch};
      same = true;
    }
    if (!same)
      wrong("divergence: " + where.to_string() + " at " + std::to_string(batch.base) + " is another batch on node "
            + std::to_string(node.value()) + " than on node " + std::to_string(first.node.value()));
  }

  bool is_there(node_id node, const place& where, const synced_batch& batch) {
    disks().look_at(node);
    auto found = false;
    disks().for_each(node, where, batch.base, [&](const synced_batch& one) {
      found = one == batch;
      return false;
    });
    return found;
  }

  metadata::image_ptr newest_ = metadata::metadata_image::empty();
  std::map<std::pair<node_id, place>, replica> replicas_;
  std::map<place, batches> committed_; ///< as the first who knew had them
};

} // namespace

checker_ptr make_divergence_checker(history& report, replica_disks& disks) {
  return std::make_unique<divergence_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
