// The part of the partition log that gives up what is of another history.
#include "runtime/base/check.hpp"
#include "runtime/storage/partition_log.hpp"

#include <algorithm>

namespace troupe::storage {

std::optional<segment_cut> partition_log::truncate(offset end) {
  CHECK(end >= log_start_ && end <= log_end_, "a log is cut within");
  CHECK(durable_end_ == log_end_ && !flush_outstanding(), "nothing is on its way to the disk");
  tail_.drop_behind(end);
  epochs_.truncate_back(end);
  if (end >= flushed_end_) {
    // Where the log start lies in a batch that goes, nothing is left, and the log ends there.
    log_end_ = durable_end_ =
        std::max(log_start_, tail_.empty() ? flushed_end_ : tail_[tail_.size() - 1].facts.end());
    producers_.truncate(log_end_);
    hand_over_all();
    return std::nullopt;
  }
  producers_.truncate(end);
  segment_cut order{name_, end, {}};
  order.checkpoint.log_start = log_start_;
  order.checkpoint.flushed_end = flushed_end_;
  order.checkpoint.segments = segments_;
  complete_checkpoint(order.checkpoint);
  is_cutting_ = true;
  return order;
}

void partition_log::on_cut(const result<segment_cut_result>& done) {
  CHECK(is_cutting_ && (!done || done->partition == name_), "an answer belongs to an order");
  is_cutting_ = false;
  if (!done)
    return;
  segments_ = done->segments;
  segments_size_bytes_ = 0;
  for (auto& s : segments_)
    segments_size_bytes_ += s.size_bytes;
  index_gap_bytes_ = 0;
  flushed_end_ = done->end;
  durable_end_ = log_end_ = std::max(log_start_, done->end);
  hand_over_all();
  tail_ = log_tail{log_end_};
  epochs_.truncate_back(log_end_);
  producers_.truncate(log_end_);
  log_start_wanted_ = log_start_;
}

flush_request partition_log::begin_at(offset start) {
  CHECK(durable_end_ == log_end_ && !flush_outstanding(), "nothing is on its way to the disk");
  flush_request order;
  order.moves_log_start = true;
  for (auto& segment : segments_)
    if (segment.base != start)
      order.removed.push_back(segment.base);
  // An empty segment says where the log begins, should the checkpoint ever be lost.
  order.checkpoint.segments = {{start, 0, no_timestamp, {}}};
  order.segment_base = start;
  order.creates_segment = true;
  order.checkpoint.flushed_end = start;
  tail_ = log_tail{start};
  epochs_ = {};
  producers_ = {};
  segments_.clear();
  segments_size_bytes_ = 0;
  log_start_ = log_start_wanted_ = flushed_end_ = durable_end_ = log_end_ = start;
  hand_over_all();
  return place_order(std::move(order), start, 0, no_timestamp);
}

} // namespace troupe::storage
