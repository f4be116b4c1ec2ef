// What clients were told of a partition, by the leader's epoch: a leader of an older epoch that has not heard of its end may
// answer less, but not less than leaders up to its own.
#pragma once

#include "runtime/metadata/image.hpp"
#include "tests/simulation/events.hpp"

#include <algorithm>
#include <map>

namespace troupe::simulation::cluster {

class told_by_epoch {
public:
  void note(const place& where, std::int32_t epoch, const snapshot& what) { raise(known_[where][epoch], what); }

  /// A producer does not say which epoch it means: whoever took its batch may lead in one that the producer has not heard of.
  void note_acknowledged(const place& where, std::int32_t epoch, const snapshot& what) {
    auto newest = newest_[where];
    raise((newest <= epoch ? known_ : of_earlier_)[where][std::max(epoch, newest)], what);
  }
  /// Records were deleted, and the client was told so: no later leader has them. That retention removed some it need not know.
  void note_deleted(const place& where, std::int32_t epoch, std::int64_t log_start) {
    auto& known = deleted_[where][std::max(epoch, newest_[where])];
    known = std::max(known, log_start);
  }
  /// So far the metadata have come, anywhere.
  void learn(const metadata::metadata_image& image) {
    image.for_each_topic([this](const metadata::topic& topic) {
      for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
        auto& newest = newest_[place{topic.name, static_cast<std::int32_t>(i)}];
        newest = std::max(newest, topic.partitions[i].leader_epoch.value());
      }
    });
  }

  snapshot in(const place& where, std::int32_t epoch) { return known_[where][epoch]; }

  snapshot up_to(const place& where, std::int32_t epoch) {
    snapshot most;
    for (auto* map : {&known_, &of_earlier_})
      for (auto& [one, what] : (*map)[where])
        if (one <= epoch)
          raise(most, {what.acknowledged_end, what.high_watermark, one == epoch ? what.log_start : 0});
    for (auto& [one, log_start] : deleted_[where])
      if (one <= epoch)
        raise(most, {0, 0, log_start});
    return most;
  }

private:
  static void raise(snapshot& which, const snapshot& by) {
    which.acknowledged_end = std::max(which.acknowledged_end, by.acknowledged_end);
    which.high_watermark = std::max(which.high_watermark, by.high_watermark);
    which.log_start = std::max(which.log_start, by.log_start);
  }

  using by_epoch = std::map<place, std::map<std::int32_t, snapshot>>;
  by_epoch known_;
  by_epoch of_earlier_; ///< by an epoch that is not older than the one it was said in
  std::map<place, std::map<std::int32_t, std::int64_t>> deleted_; ///< up to where, as of_earlier_
  std::map<place, std::int32_t> newest_;                          ///< epochs
};

} // namespace troupe::simulation::cluster
