#include "runtime/storage/partition_log.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <utility>

namespace troupe::storage {

namespace {

/// How many segments one order to the reader may reach over.
constexpr std::size_t segments_per_read = 4;

std::uint64_t total_size(const std::vector<segment_info>& segments) {
  std::uint64_t sum = 0;
  for (auto& s : segments)
    sum += s.size_bytes;
  return sum;
}

} // namespace

partition_log::partition_log(topic_partition name, const log_options& options, recovered_partition recovered)
    : name_(name), options_(options), log_start_(recovered.checkpoint.log_start), log_start_wanted_(log_start_),
      flushed_end_(recovered.checkpoint.flushed_end), durable_end_(flushed_end_), log_end_(flushed_end_),
      handed_end_(flushed_end_),
      segments_(std::move(recovered.checkpoint.segments)), segments_size_bytes_(total_size(segments_)),
      tail_(flushed_end_), epochs_(std::move(recovered.checkpoint.epochs)),
      producers_(std::move(recovered.checkpoint.producers)) {
  // Some of it may be cut off again: nobody knows yet.
  auto settled = std::exchange(settled_end_, log_start_);
  for (auto& batch : recovered.tail)
    append(std::move(batch.data), batch.facts, no_timestamp);
  settled_end_ = settled;
  hand_over_all();
  mark_durable(log_end_);
}

std::uint64_t partition_log::size_bytes() const noexcept { return segments_size_bytes_ + tail_.unflushed_bytes(); }

void partition_log::append(bytes batch, const batch_facts& facts, timestamp_ms now) {
  CHECK(facts.base >= log_end_ && facts.last >= facts.base, "batches are appended in the order of their offsets");
  if (tail_.unflushed_bytes() == 0)
    unflushed_since_ = now;
  epochs_.add(facts.epoch, facts.base);
  producers_.update(facts, now, std::min(durable_end_, settled_end_));
  log_end_ = facts.end();
  unhanded_bytes_ += batch.size();
  tail_.append({std::move(batch), facts});
}

std::optional<journal_order> partition_log::next_for_journal() {
  if (flushed_end_ > handed_end_) {
    auto told = std::exchange(handed_end_, flushed_end_);
    return journal_order{told, handed_end_, {}, segments_end{segments_.back().base, segments_.back().size_bytes}};
  }
  auto waits = goes_straight() || handed_bytes_ >= options_.straight_bytes || (outstanding_ && outstanding_->is_straight);
  if (handed_end_ == log_end_ || waits)
    return std::nullopt;
  auto& batch = tail_[tail_.find(handed_end_)];
  handed_bytes_ += batch.data.size();
  unhanded_bytes_ -= batch.data.size();
  handed_end_ = batch.facts.end();
  return journal_order{batch.facts.base, handed_end_, batch.data, std::nullopt};
}

// While the journal has nothing to do for this partition, it takes what comes. A segment begins with a batch that is
// durable: after a crash it would be found again, and the file not be left behind. What other replicas may have cut off
// again stays in the journal until it is settled.
bool partition_log::goes_straight() const noexcept {
  if (unhanded_bytes_ < options_.straight_bytes || durable_end_ >= handed_end_ || flush_failed_ || may_be_cut_)
    return false;
  auto& first = tail_[tail_.flushed_count()];
  auto begins = segments_.empty() || must_roll(segments_.back(), first.facts, first.data.size());
  return !begins || first.facts.end() <= durable_end_;
}

void partition_log::hand_over_all() noexcept {
  handed_end_ = log_end_;
  handed_bytes_ = unhanded_bytes_ = 0;
}

void partition_log::mark_durable(offset end) {
  CHECK(end <= log_end_, "only what was appended can be durable");
  durable_end_ = std::max(durable_end_, end);
  if (durable_end_ >= handed_end_)
    handed_bytes_ = 0;
}

result<read_plan> partition_log::read(offset from, offset limit, std::size_t max_bytes, bool at_least_one) const {
  if (from < log_start_ || from > log_end_)
    return fail(errc::offset_out_of_range, name_.to_string() + " has " + std::to_string(log_start_.value()) + " to "
                                               + std::to_string(log_end_.value()) + ", asked for "
                                               + std::to_string(from.value()));
  read_plan plan;
  limit = std::min(limit, log_end_);
  if (from >= limit)
    return plan;
  if (from < tail_.begin()) {
    plan.segment = order_read(from, limit, max_bytes, at_least_one);
    return plan;
  }
  for (auto i = tail_.find(from); i < tail_.size() && tail_[i].facts.end() <= limit; ++i) {
    auto size = tail_[i].data.size();
    auto fits = plan.size_bytes + size <= max_bytes;
    if (!fits && !(at_least_one && plan.batches.empty()))
      break;
    plan.batches.push_back(tail_[i].data);
    plan.size_bytes += size;
  }
  return plan;
}

segment_read partition_log::order_read(offset from, offset limit, std::size_t max_bytes, bool at_least_one) const {
  CHECK(!segments_.empty(), "what is not in memory is in segments");
  segment_read order;
  order.partition = name_;
  order.from = from;
  order.limit = std::min(limit, flushed_end_);
  order.max_bytes = max_bytes;
  order.at_least_one = at_least_one;
  auto first = segment_of(from);
  auto last = std::min(segments_.size(), first + segments_per_read);
  for (auto i = first; i < last; ++i)
    order.segments.push_back(extent(i));
  order.epochs = epochs_from(from);
  return order;
}

time_plan partition_log::find_by_time(timestamp_ms timestamp, offset from, offset limit) const {
  time_plan plan;
  from = std::max(from, log_start_);
  if (from >= limit)
    return plan;
  for (std::size_t i = 0; i < segments_.size() && segments_[i].base < tail_.begin(); ++i) {
    if (segment_end(i) <= from || segments_[i].max_timestamp.timestamp < timestamp)
      continue;
    if (from >= tail_.begin())
      break;
    plan.segment = segment_time_search{name_, timestamp, from, limit, {extent(i)}, epochs_from(from)};
    return plan;
  }
  for (auto i = tail_.find(from); i < tail_.size() && tail_[i].facts.end() <= limit; ++i)
    if (tail_[i].facts.max_timestamp >= timestamp) {
      plan.batch = tail_[i].data;
      break;
    }
  return plan;
}

max_timestamp_plan partition_log::max_timestamp() const {
  max_timestamp_plan plan;
  timestamp_position newest;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    auto& s = segments_[i];
    if (s.base < log_start_ && s.max_timestamp.batch < log_start_) {
      if (segment_end(i) > log_start_)
        plan.cut_segment = order_read(log_start_, segment_end(i), 0, true);
    } else if (s.max_timestamp.timestamp > newest.timestamp) {
      newest = s.max_timestamp;
    }
  }
  for (auto i = tail_.flushed_count(); i < tail_.size() && tail_[i].facts.end() <= durable_end_; ++i) {
    auto& facts = tail_[i].facts;
    if (facts.end() <= log_start_)
      continue;
    if (facts.base < log_start_)
      plan.cut_batch = tail_[i].data;
    else if (facts.max_timestamp > newest.timestamp)
      newest = {facts.max_timestamp, facts.base};
  }
  if (newest.batch != no_offset)
    plan.known = newest;
  return plan;
}

result<void> partition_log::delete_records_before(offset before, offset high_watermark) {
  if (before > high_watermark || before > durable_end_ || before < offset{0})
    return fail(errc::offset_out_of_range, name_.to_string() + " can't delete records before "
                                               + std::to_string(before.value()) + ", the high watermark is "
                                               + std::to_string(high_watermark.value()));
  log_start_wanted_ = std::max(log_start_wanted_, before);
  return {};
}

std::uint64_t partition_log::evict(std::uint64_t bytes) { return tail_.evict(bytes); }

/// Epochs are kept as far back as the segments reach, to check them; nobody else is to see what is below log_start.
epoch_end partition_log::end_offset_for(leader_epoch epoch) const {
  auto found = epochs_.end_offset_for(epoch, log_end_);
  if (found.end != no_offset)
    found.end = std::max(found.end, log_start_);
  return found;
}

offset partition_log::segment_end(std::size_t i) const noexcept {
  return i + 1 < segments_.size() ? segments_[i + 1].base : flushed_end_;
}

std::size_t partition_log::segment_of(offset o) const noexcept {
  auto above = std::partition_point(segments_.begin(), segments_.end(),
                                    [&](const segment_info& s) { return s.base <= o; });
  return above == segments_.begin() ? 0 : static_cast<std::size_t>(above - segments_.begin()) - 1;
}

segment_extent partition_log::extent(std::size_t i) const noexcept {
  return {segments_[i].base, segment_end(i), segments_[i].size_bytes};
}

std::vector<epoch_start> partition_log::epochs_from(offset o) const {
  auto& all = epochs_.starts();
  auto above = std::partition_point(all.begin(), all.end(), [&](const epoch_start& e) { return e.start <= o; });
  return {above == all.begin() ? above : std::prev(above), all.end()};
}

} // namespace troupe::storage
