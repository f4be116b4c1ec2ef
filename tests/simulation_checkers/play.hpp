// Histories for checkers: disks that hold what the test says, and metadata that say what it wants.
#pragma once

#include "tests/simulation_cluster/checker.hpp"

#include <map>
#include <vector>

namespace troupe::simulation::cluster {

class play_disks final : public replica_disks {
public:
  std::map<std::pair<std::int32_t, place>, std::map<std::int64_t, synced_batch>> logs; ///< by node

  void put(std::int32_t node, const place& where, synced_batch what) { logs[{node, where}][what.base] = what; }

  bool holds(node_id node, const place& where, std::int64_t offset) override {
    for (auto& [base, one] : logs[{node.value(), where}])
      if (base <= offset && offset < one.end)
        return true;
    return false;
  }
  std::size_t copies(const place& where, std::int64_t base, std::size_t) override {
    std::size_t count = 0;
    for (auto& [whose, log] : logs)
      count += whose.second == where && log.contains(base);
    return count;
  }
  void look_at(node_id) override {}
  void for_each(node_id node, const place& where, std::int64_t from,
                const std::function<bool(const synced_batch&)>& f) override {
    auto& log = logs[{node.value(), where}];
    for (auto one = log.lower_bound(from); one != log.end() && f(one->second); ++one) {
    }
  }
};

/// One topic of one partition, and three brokers, in ever newer versions.
class play_metadata {
public:
  static inline const place where{"t", 0};

  play_metadata() {
    for (auto node : all_)
      now_.push_back(metadata::register_broker_record{node, {}, metadata::broker_epoch{node.value()}, {}, {}, false});
    now_.push_back(metadata::topic_record{"t", topic_});
    now_.push_back(metadata::topic_config_record{topic_, "min.insync.replicas", "2"});
    now_.push_back(metadata::partition_record{topic_, partition_id{0}, all_, all_, node_id{1}, {}, {}});
  }

  /// As it is now; the caller adds what changes first.
  metadata_seen seen() {
    auto done = metadata::apply(image_, now_, metadata::metadata_version{++version_});
    CAF_REQUIRE(done);
    image_ = done->image;
    now_.clear();
    return {0, 1, image_};
  }

  metadata_seen in_sync(std::vector<node_id> isr, std::vector<node_id> elr = {}) {
    now_.push_back(metadata::partition_change_record{topic_, partition_id{0}, all_, isr, isr.empty() ? metadata::no_leader : isr[0],
                                                     {}, metadata::partition_epoch{++partition_epoch_}, elr});
    return seen();
  }

  metadata_seen registered(std::int32_t node, std::int64_t epoch) {
    now_.push_back(metadata::register_broker_record{node_id{node}, {}, metadata::broker_epoch{epoch}, {}, {}, false});
    return seen();
  }

  metadata_seen fenced(std::int32_t node) {
    now_.push_back(metadata::fence_broker_record{node_id{node}, image_->find_broker(node_id{node})->epoch});
    return seen();
  }

private:
  const std::vector<node_id> all_{node_id{1}, node_id{2}, node_id{3}};
  topic_id topic_{7, 7};
  std::vector<metadata::record> now_;
  metadata::image_ptr image_ = metadata::metadata_image::empty();
  std::uint64_t version_ = 0;
  std::int32_t partition_epoch_ = 0;
};

} // namespace troupe::simulation::cluster
