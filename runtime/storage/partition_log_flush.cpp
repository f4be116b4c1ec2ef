// The part of the partition log that gives orders to the flusher: flush, roll, retention.
#include "runtime/base/check.hpp"
#include "runtime/storage/partition_log.hpp"

#include <algorithm>

namespace troupe::storage {

std::optional<flush_request> partition_log::next_flush(timestamp_ms now, bool force) {
  auto straight = goes_straight();
  if (flush_outstanding() || tail_.unflushed_bytes() == 0 || !(straight || force || flush_is_due(now)))
    return std::nullopt;
  auto limit = straight ? log_end_ : force ? durable_end_ : std::min(durable_end_, settled_end_);
  auto i = tail_.flushed_count();
  if (tail_[i].facts.end() > limit)
    return std::nullopt;
  flush_request order;
  order.checkpoint.segments = segments_;
  auto index_gap = index_gap_bytes_;
  if (segments_.empty() || must_roll(segments_.back(), tail_[i].facts, tail_[i].data.size())) {
    begin_segment(order, tail_[i].facts.base);
    index_gap = 0;
  }
  auto& target = order.checkpoint.segments.back();
  order.segment_base = target.base;
  order.position = target.size_bytes;
  order.creates_segment = order.position == 0;
  for (; i < tail_.size() && tail_[i].facts.end() <= limit; ++i) {
    auto& batch = tail_[i];
    auto full = order.size_bytes + batch.data.size() > options_.flush_max_bytes;
    if (!order.batches.empty() && (full || must_roll(target, batch.facts, batch.data.size())))
      break;
    take_batch(order, batch, index_gap);
  }
  order.checkpoint.flushed_end = tail_[i - 1].facts.end();
  auto placed = place_order(std::move(order), log_start_, index_gap, now);
  outstanding_->is_straight = straight;
  return placed;
}

bool partition_log::flush_is_due(timestamp_ms now) const noexcept {
  return tail_.unflushed_bytes() >= options_.flush_bytes || unflushed_since_ == no_timestamp
         || now - unflushed_since_ >= options_.flush_ms;
}

bool partition_log::must_roll(const segment_info& segment, const batch_facts& next, std::size_t size) const noexcept {
  if (segment.size_bytes == 0)
    return false;
  return segment.size_bytes + size > options_.segment_bytes
         || next.max_timestamp - segment.first_timestamp > options_.segment_ms;
}

void partition_log::begin_segment(flush_request& order, offset base) const {
  if (!segments_.empty())
    order.finished = finished_segment{segments_.back().base, segments_.back().size_bytes};
  order.checkpoint.segments.push_back({base, 0, no_timestamp, {}});
}

void partition_log::take_batch(flush_request& order, const tail_batch& batch, std::uint64_t& index_gap_bytes) const {
  auto& target = order.checkpoint.segments.back();
  auto& facts = batch.facts;
  if (target.size_bytes == 0 || index_gap_bytes >= options_.index_interval_bytes) {
    order.index.push_back({facts.base, target.size_bytes, target.max_timestamp.timestamp});
    index_gap_bytes = 0;
  }
  if (target.size_bytes == 0)
    target.first_timestamp = facts.max_timestamp;
  if (facts.max_timestamp > target.max_timestamp.timestamp)
    target.max_timestamp = {facts.max_timestamp, facts.base};
  target.size_bytes += batch.data.size();
  index_gap_bytes += batch.data.size();
  order.size_bytes += batch.data.size();
  order.batches.push_back(batch.data);
}

flush_request partition_log::place_order(flush_request order, offset log_start, std::uint64_t index_gap_bytes,
                                         timestamp_ms now) {
  order.partition = name_;
  order.checkpoint.log_start = log_start;
  complete_checkpoint(order.checkpoint);
  outstanding_ =
      outstanding_order{order.checkpoint.flushed_end, log_start, order.checkpoint.segments, index_gap_bytes, now};
  return order;
}

// Epochs are kept as far back as the segments reach.
void partition_log::complete_checkpoint(partition_checkpoint& out) const {
  auto epochs = epochs_;
  if (!out.segments.empty())
    epochs.truncate_front(out.segments.front().base);
  for (auto& e : epochs.starts())
    if (e.start < out.flushed_end)
      out.epochs.push_back(e);
  out.producers = producers_.snapshot(out.flushed_end);
}

void partition_log::on_flushed(const result<flush_result>& done) {
  CHECK(outstanding_.has_value(), "an answer belongs to an order");
  auto order = std::move(*outstanding_);
  outstanding_.reset();
  flush_failed_ = !done;
  if (!done)
    return;
  CHECK(done->partition == name_ && done->flushed_end == order.end, "the answer belongs to the order");
  segments_ = std::move(order.segments);
  segments_size_bytes_ = 0;
  for (auto& s : segments_)
    segments_size_bytes_ += s.size_bytes;
  index_gap_bytes_ = order.index_gap_bytes;
  flushed_end_ = order.end;
  for (auto i = tail_.find(handed_end_); i < tail_.size() && tail_[i].facts.end() <= flushed_end_; ++i)
    unhanded_bytes_ -= tail_[i].data.size();
  log_start_ = order.log_start;
  unflushed_since_ = order.since;
  if (!segments_.empty())
    epochs_.truncate_front(segments_.front().base);
  tail_.mark_flushed(flushed_end_);
  tail_.drop_below(log_start_);
}

std::optional<flush_request> partition_log::repeat_flushed() {
  if (flush_outstanding() || segments_.empty() || (may_be_cut_ && tail_.unflushed_bytes() > 0))
    return std::nullopt;
  flush_request order;
  order.checkpoint.segments = segments_;
  order.segment_base = segments_.back().base;
  order.position = segments_.back().size_bytes;
  order.checkpoint.flushed_end = flushed_end_;
  return place_order(std::move(order), log_start_, index_gap_bytes_, unflushed_since_);
}

std::optional<flush_request> partition_log::expire(timestamp_ms now, offset high_watermark) {
  producers_.expire(now, options_.producer_expiration_ms);
  return flush_outstanding() ? std::nullopt : order_removal(removable_segments(now, high_watermark));
}

std::optional<flush_request> partition_log::next_deletion(offset high_watermark) {
  if (flush_outstanding() || log_start_wanted_ <= log_start_)
    return std::nullopt;
  return order_removal(removable_segments(no_timestamp, high_watermark));
}

std::optional<flush_request> partition_log::order_removal(std::size_t segments) {
  auto log_start = std::max(log_start_, log_start_wanted_);
  if (segments > 0)
    log_start = std::max(log_start, segment_end(segments - 1));
  if (segments == 0 && log_start == log_start_)
    return std::nullopt;
  flush_request order;
  order.moves_log_start = true;
  auto kept = segments_.begin() + static_cast<std::ptrdiff_t>(segments);
  for (auto it = segments_.begin(); it != kept; ++it)
    order.removed.push_back(it->base);
  auto& left = order.checkpoint.segments;
  left.assign(kept, segments_.end());
  auto index_gap = index_gap_bytes_;
  if (left.empty() && flushed_end_ > offset{0}) {
    // An empty segment says where the log ends, should the checkpoint ever be lost.
    left.push_back({flushed_end_, 0, no_timestamp, {}});
    index_gap = 0;
  }
  if (!left.empty()) {
    order.segment_base = left.back().base;
    order.position = left.back().size_bytes;
    order.creates_segment = order.position == 0;
  }
  order.checkpoint.flushed_end = flushed_end_;
  return place_order(std::move(order), log_start, index_gap, unflushed_since_);
}

std::size_t partition_log::removable_segments(timestamp_ms now, offset high_watermark) const noexcept {
  auto log_size = size_bytes();
  auto log_start = std::max(log_start_, log_start_wanted_);
  std::size_t count = 0;
  for (; count < segments_.size(); ++count) {
    auto& segment = segments_[count];
    auto is_last = count + 1 == segments_.size();
    // The last one is given up only if all that there is lies in it: then the log goes on in a new one.
    if (is_last && (segment.size_bytes == 0 || tail_.unflushed_bytes() > 0))
      break;
    auto is_deleted = segment_end(count) <= log_start;
    if (segment_end(count) > high_watermark || !(is_deleted || is_expired(segment, log_size, now)))
      break;
    log_size -= segment.size_bytes;
  }
  return count;
}

bool partition_log::is_expired(const segment_info& segment, std::uint64_t log_size, timestamp_ms now) const noexcept {
  if (now == no_timestamp)
    return false;
  auto newest = segment.max_timestamp.timestamp;
  if (options_.retention_ms >= 0 && newest != no_timestamp && now - newest > options_.retention_ms)
    return true;
  return options_.retention_bytes >= 0
         && log_size >= static_cast<std::uint64_t>(options_.retention_bytes) + segment.size_bytes;
}

} // namespace troupe::storage
