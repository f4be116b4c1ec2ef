// Which offsets of a partition belong to which leader epoch (KIP-101, KIP-320).
#pragma once

#include "runtime/storage/log_types.hpp"

#include <vector>

namespace troupe::storage {

struct epoch_end {
  leader_epoch epoch = no_leader_epoch;
  offset end = no_offset;

  friend bool operator==(const epoch_end&, const epoch_end&) = default;
};

class epoch_cache {
public:
  epoch_cache() = default;
  explicit epoch_cache(std::vector<epoch_start> starts) : starts_(std::move(starts)) {}

  /// Notes that `epoch` begins at `start`, if it is newer than the last one. Epochs that got no record vanish.
  void add(leader_epoch epoch, offset start);
  /// The epoch of the batch at `o`; -1 if it is not known.
  leader_epoch epoch_at(offset o) const noexcept;
  leader_epoch last() const noexcept { return starts_.empty() ? no_leader_epoch : starts_.back().epoch; }
  /// See partition_log::end_offset_for. An epoch older than the oldest known one ends where that began.
  epoch_end end_offset_for(leader_epoch asked, offset log_end) const;

  /// Forgets what began at or behind `end`: it is cut off, or got no record.
  void truncate_back(offset end);
  /// Forgets what ended at or below `start`, but for the last of it: whether another log, which ends there and has an older
  /// epoch, is a part of this one can be told only by where the one that contains `start` began, and which came before it.
  void truncate_front(offset start);

  const std::vector<epoch_start>& starts() const noexcept { return starts_; }

private:
  std::vector<epoch_start> starts_;
};

} // namespace troupe::storage
