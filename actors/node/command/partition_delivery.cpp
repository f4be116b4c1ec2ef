#include "actors/node/command/partition_delivery.hpp"

#include "runtime/base/check.hpp"
#include "runtime/record/batch_parts.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>
#include <utility>

namespace troupe::command {

namespace {

/// Whether the node may have appended the batch although it answered with this error.
bool may_be_appended(wire::error_code code) {
  switch (code) {
  case wire::error_code::unknown_topic_or_partition:
  case wire::error_code::leader_not_available:
  case wire::error_code::not_enough_replicas:
  case wire::error_code::throttling_quota_exceeded:
  case wire::error_code::corrupt_message:
    return false;
  default:
    return true;
  }
}

bool is_lost_identity(wire::error_code code) {
  return code == wire::error_code::unknown_producer_id || code == wire::error_code::invalid_producer_epoch;
}

} // namespace

void partition_delivery::add(outgoing_batch batch) {
  queued_bytes_ += batch.data.size();
  entry added;
  added.batch = std::move(batch);
  queue_.push_back(std::move(added));
}

auto partition_delivery::find(std::uint64_t number) -> position {
  return std::find_if(queue_.begin(), queue_.end(),
                      [&](auto& e) { return e.in_flight && e.number == number; });
}

/// The entry that may be sent now.
auto partition_delivery::candidate() -> position {
  auto waits = [](auto& e) { return !e.in_flight; };
  if (is_broken_)
    // One at a time, and only what has to be asked for under the old identity.
    return in_flight_ > 0
               ? queue_.end()
               : std::find_if(queue_.begin(), queue_.end(), [](auto& e) { return e.maybe_stored; });
  auto first = std::find_if(queue_.begin(), queue_.end(), waits);
  auto behind_it = first == queue_.end() ? first : std::find_if_not(first, queue_.end(), waits);
  // What was sent after a batch that failed has to come back first.
  return behind_it == queue_.end() ? first : queue_.end();
}

std::optional<partition_delivery::order> partition_delivery::next(std::int64_t now_ms) {
  auto in_flight_max = options_.is_idempotent && !is_known_ ? 1 : options_.in_flight_max;
  if (in_flight_ >= in_flight_max || now_ms < retry_at_ms_ || needs_identity())
    return std::nullopt;
  auto which = candidate();
  if (which == queue_.end())
    return std::nullopt;
  retry_at_ms_ = 0;
  if (options_.is_idempotent && which->sequence < 0)
    stamp(*which);
  which->in_flight = true;
  which->number = next_number_++;
  ++in_flight_;
  return order{which->number, which->batch.data};
}

void partition_delivery::stamp(entry& to) {
  to.sequence = next_sequence_;
  next_sequence_ = record::sequence_after(next_sequence_, to.batch.record_count);
  // Bytes that have been sent may still be on their way out.
  if (to.number != 0)
    to.batch.data = bytes::copy_of(to.batch.data.view());
  record::set_producer(to.batch.data, identity_.id, identity_.epoch, to.sequence);
}

void partition_delivery::succeeded(std::uint64_t number, std::int64_t base_offset) {
  auto which = find(number);
  if (which == queue_.end())
    return;
  --in_flight_;
  is_known_ = true;
  backoff_ms_ = 0;
  queued_bytes_ -= which->batch.data.size();
  outcomes_.push_back(
      {which->batch.first_record, which->batch.record_count, 0, base_offset, false, false, {}});
  queue_.erase(which);
}

void partition_delivery::failed(std::uint64_t number, std::int16_t error_code, const std::string& said,
                                std::int64_t now_ms) {
  auto which = find(number);
  if (which == queue_.end())
    return;
  which->in_flight = false;
  --in_flight_;
  auto code = static_cast<wire::error_code>(error_code);
  if (wire::is_retriable(code)) {
    which->maybe_stored = which->maybe_stored || may_be_appended(code);
    back_off(now_ms);
    return;
  }
  if (code == wire::error_code::out_of_order_sequence_number && out_of_order(which))
    return;
  if (is_lost_identity(code) && !which->maybe_stored) {
    is_broken_ = true;
    return;
  }
  if (code == wire::error_code::message_too_large && split(which))
    return;
  give_up(which, error_code, said, false);
}

/// True if the batch was refused because of one before it.
bool partition_delivery::out_of_order(position which) {
  if (!options_.is_idempotent)
    return false;
  if (is_broken_) {
    // The node does not have it, or it would have said where.
    which->maybe_stored = false;
    return true;
  }
  // One before it is to be sent again: so is this one, after it.
  return which != queue_.begin();
}

void partition_delivery::lost(std::int64_t now_ms) {
  auto any = false;
  for (auto& e : queue_) {
    if (!e.in_flight)
      continue;
    e.in_flight = false;
    e.maybe_stored = true;
    any = true;
  }
  in_flight_ = 0;
  if (any)
    back_off(now_ms);
}

void partition_delivery::back_off(std::int64_t now_ms) {
  // Batches that fail together count once.
  if (now_ms < retry_at_ms_)
    return;
  backoff_ms_ =
      backoff_ms_ == 0 ? options_.backoff_first_ms : std::min(backoff_ms_ * 2, options_.backoff_max_ms);
  retry_at_ms_ = now_ms + backoff_ms_;
}

void partition_delivery::expire(std::int64_t now_ms) {
  for (std::size_t i = 0; i < queue_.size();) {
    auto& e = queue_[i];
    if (!e.in_flight && e.batch.deadline_ms <= now_ms)
      give_up(queue_.begin() + static_cast<std::ptrdiff_t>(i),
              wire::number(wire::error_code::request_timed_out), {}, true);
    else
      ++i;
  }
}

void partition_delivery::give_up(position which, std::int16_t error_code, std::string said, bool timed_out) {
  if (which->sequence >= 0)
    is_broken_ = true;
  queued_bytes_ -= which->batch.data.size();
  outcomes_.push_back({which->batch.first_record, which->batch.record_count, error_code, -1, timed_out,
                       which->maybe_stored, std::move(said)});
  queue_.erase(which);
}

/// Puts two halves in the place of a batch that is too large for the topic; their sequence numbers are those
/// it had.
bool partition_delivery::split(position which) {
  auto halves = record::split_batch(which->batch.data);
  if (!halves)
    return false;
  auto first_count = halves->first_count;
  queued_bytes_ -= which->batch.data.size();
  queued_bytes_ += halves->first.size() + halves->second.size();
  auto second = *which;
  which->batch.data = std::move(halves->first);
  second.batch.data = std::move(halves->second);
  second.batch.first_record += static_cast<std::uint64_t>(first_count);
  second.batch.record_count -= first_count;
  which->batch.record_count = first_count;
  if (second.sequence >= 0)
    second.sequence = record::sequence_after(second.sequence, first_count);
  queue_.insert(which + 1, std::move(second));
  return true;
}

bool partition_delivery::needs_identity() const noexcept {
  if (!options_.is_idempotent || queue_.empty())
    return false;
  if (identity_.id == no_producer_id)
    return true;
  return is_broken_ && in_flight_ == 0
         && std::none_of(queue_.begin(), queue_.end(), [](auto& e) { return e.maybe_stored; });
}

void partition_delivery::set_identity(producer_identity identity) {
  CHECK(in_flight_ == 0, "a batch under way has the old identity");
  identity_ = identity;
  is_broken_ = false;
  is_known_ = false;
  next_sequence_ = 0;
  for (auto& e : queue_)
    e.sequence = -1;
}

std::vector<delivery_outcome> partition_delivery::take_outcomes() { return std::exchange(outcomes_, {}); }

} // namespace troupe::command
