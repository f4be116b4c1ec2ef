#include "actors/client/delivery_queue.hpp"

#include "runtime/base/check.hpp"
#include "runtime/record/batch_parts.hpp"
#include "runtime/record/batch_view.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace troupe::client {

namespace {

/// What passes if one waits.
bool is_passing(errc code) {
  switch (code) {
  case errc::unknown_topic_or_partition:
  case errc::unknown_topic_id:
  case errc::not_leader:
  case errc::fenced_leader_epoch:
  case errc::unknown_leader_epoch:
  case errc::not_enough_replicas:
  case errc::not_enough_replicas_after_append:
  case errc::coordinator_not_available:
  case errc::checksum_mismatch: // on the way there: the bytes kept here are sound
  case errc::io_error:
  case errc::no_space:
  case errc::timed_out:
  case errc::busy:
  case errc::shutting_down:
    return true;
  default:
    return false;
  }
}

/// Whether the partition may have appended the batch although it answered with this error. Only what is refused before
/// the append rules that out: of every other error nobody knows, and so of invalid_request, which stands for what a node
/// of another kind calls by a name that is not known here.
bool leaves_doubt(errc code) {
  switch (code) {
  case errc::too_large:
  case errc::batch_beyond_segment:
  case errc::checksum_mismatch:
  case errc::malformed:
  case errc::end_of_input:
  case errc::invalid_record:
  case errc::invalid_timestamp:
  case errc::unsupported_compression:
  case errc::unsupported_version:
  case errc::out_of_order_sequence:
  case errc::invalid_producer_epoch:
  case errc::unknown_topic_or_partition:
  case errc::unknown_topic_id:
  case errc::invalid_topic:
  case errc::fenced_leader_epoch:
  case errc::unknown_leader_epoch:
  case errc::invalid_required_acks:
  case errc::not_enough_replicas:
  case errc::policy_violation:
  case errc::permission_denied:
  case errc::busy:
    return false;
  default:
    return true;
  }
}

} // namespace

batch_identity delivery_queue::next_identity(std::uint32_t record_count) noexcept {
  // Those that have sequence numbers come first, and then those that get them when they are sent.
  auto others_wait = !queue_.empty() && !queue_.back().has_sequence;
  if (!rules_.is_idempotent || id_ == no_producer_id || is_broken_ || others_wait)
    return {};
  batch_identity given{id_, epoch_, next_sequence_};
  next_sequence_ = record::sequence_after(next_sequence_, static_cast<std::int32_t>(record_count));
  return given;
}

void delivery_queue::add(outgoing_batch batch) {
  entry added;
  added.has_sequence = batch.identity.base_sequence >= 0;
  added.batch = std::move(batch);
  added.place = next_place_++;
  queue_.push_back(std::move(added));
}

auto delivery_queue::find(std::uint64_t number) -> position {
  return std::find_if(queue_.begin(), queue_.end(), [&](auto& e) { return e.in_flight && e.number == number; });
}

/// The entry that may be sent now.
auto delivery_queue::candidate() -> position {
  auto waits = [](auto& e) { return !e.in_flight; };
  if (is_broken_)
    // One at a time, and only what has to be asked for under the old id.
    return in_flight_ > 0 ? queue_.end()
                          : std::find_if(queue_.begin(), queue_.end(), [](auto& e) { return e.may_be_written; });
  auto first = std::find_if(queue_.begin(), queue_.end(), waits);
  if (first == queue_.end() || (first->came_too_early && in_flight_ > 0))
    return queue_.end();
  // What was sent after a batch that failed has to come back first.
  return std::all_of(first, queue_.end(), waits) ? first : queue_.end();
}

/// Whether a batch at this place may be under way. The partition remembers the latest batches only, so no batch may be
/// further behind the first one that has no answer.
bool delivery_queue::is_in_window(std::uint64_t place) const noexcept {
  if (rules_.is_idempotent && !is_known_)
    return in_flight_ == 0;
  return queue_.empty() || place - queue_.front().place < rules_.in_flight_max;
}

bool delivery_queue::has_room(std::int64_t now_ms) const noexcept {
  auto all_sent = in_flight_ == queue_.size();
  // What is added to a broken queue that is empty asks for a new id.
  return all_sent && is_in_window(next_place_) && !backs_off(now_ms) && (!is_broken_ || queue_.empty());
}

std::optional<delivery_queue::order> delivery_queue::next(std::int64_t now_ms) {
  if (backs_off(now_ms))
    return std::nullopt;
  retry_at_ms_.reset();
  if (needs_identity())
    return std::nullopt;
  auto which = candidate();
  if (which == queue_.end() || !is_in_window(which->place))
    return std::nullopt;
  auto data = ready_to_send(*which);
  which->in_flight = true;
  which->came_too_early = false;
  which->number = next_number_++;
  which->sent_at_ms = now_ms;
  ++in_flight_;
  return order{which->number, std::move(data)};
}

// A batch that was sent before may still be read, and its header written, by whoever got it.
bytes delivery_queue::ready_to_send(entry& from) {
  auto& data = from.batch.data;
  if (from.number != 0) {
    auto fresh = bytes::allocate(data.size());
    std::memcpy(fresh.mutable_data(), from.header.data(), from.header.size());
    std::memcpy(fresh.mutable_data() + from.header.size(), data.data() + from.header.size(),
                data.size() - from.header.size());
    data = std::move(fresh);
  }
  if (rules_.is_idempotent && !from.has_sequence)
    stamp(from);
  std::memcpy(from.header.data(), data.data(), from.header.size());
  return data;
}

void delivery_queue::stamp(entry& to) {
  auto& batch = to.batch;
  batch.identity = {id_, epoch_, next_sequence_};
  next_sequence_ = record::sequence_after(next_sequence_, static_cast<std::int32_t>(batch.record_count));
  to.has_sequence = true;
  record::set_producer(batch.data, id_, epoch_, batch.identity.base_sequence);
}

void delivery_queue::answered(answer what, std::int64_t now_ms) {
  auto which = find(what.number);
  if (which == queue_.end())
    return;
  which->in_flight = false;
  --in_flight_;
  if (what.what.code == errc::none)
    written(which, what);
  else
    failed(which, what, now_ms);
}

void delivery_queue::written(position which, const answer& what) {
  is_known_ = true;
  backoff_ms_ = 0;
  auto& batch = which->batch;
  batch_outcome done{std::move(batch.runs), batch.record_count, batch.generation};
  done.base = rules_.is_unacknowledged ? no_offset : what.base;
  done.append_time = what.append_time;
  outcomes_.push_back(std::move(done));
  queue_.erase(which);
}

void delivery_queue::failed(position which, answer& what, std::int64_t now_ms) {
  auto code = what.what.code;
  which->may_be_written = which->may_be_written || leaves_doubt(code);
  if (is_passing(code) && !rules_.is_unacknowledged) {
    back_off(now_ms, code);
    return;
  }
  if (code == errc::out_of_order_sequence && refused_for_another(which))
    return;
  if (code == errc::invalid_producer_epoch && rules_.is_idempotent && !which->may_be_written) {
    is_broken_ = true;
    return;
  }
  if ((code == errc::too_large || code == errc::batch_beyond_segment) && split(which))
    return;
  finish(which, std::move(what.what), which->may_be_written, std::move(what.refused));
}

/// True if the batch was refused because of one before it.
bool delivery_queue::refused_for_another(position which) {
  if (!rules_.is_idempotent)
    return false;
  if (is_broken_) {
    // The partition does not have it, or it would have said where.
    which->may_be_written = false;
    return true;
  }
  // One before it is to be sent again, or never arrived: this one comes after it.
  which->came_too_early = which != queue_.begin();
  return which->came_too_early;
}

/// Puts two halves in the place of a batch that is too large for the topic; their sequence numbers are those it had.
bool delivery_queue::split(position which) {
  auto whole = ready_to_send(*which);
  auto halves = record::split_batch(whole);
  if (!halves)
    return false;
  auto first_count = static_cast<std::uint32_t>(halves->first_count);
  entry second;
  second.has_sequence = which->has_sequence;
  second.may_be_written = which->may_be_written;
  second.batch = which->batch;
  second.batch.data = std::move(halves->second);
  second.batch.record_count -= first_count;
  if (second.has_sequence)
    second.batch.identity.base_sequence =
        record::sequence_after(second.batch.identity.base_sequence, halves->first_count);
  auto& first = which->batch;
  first.data = std::move(halves->first);
  first.record_count = first_count;
  which->number = 0; // these bytes were never sent
  auto view = record::batch_view::parse(second.batch.data.view());
  std::tie(first.runs, second.batch.runs) =
      split_runs(std::move(first.runs), first_count, view ? view->base_timestamp() : no_timestamp);
  auto behind = queue_.insert(which + 1, std::move(second));
  for (auto place = (behind - 1)->place; behind != queue_.end(); ++behind)
    behind->place = ++place;
  ++next_place_;
  return true;
}

void delivery_queue::lost() {
  for (std::size_t i = 0; i < queue_.size();) {
    auto& e = queue_[i++];
    if (!e.in_flight)
      continue;
    e.in_flight = false;
    e.may_be_written = true;
    if (rules_.is_unacknowledged) // handed over, and that is all that was asked for
      finish(queue_.begin() + static_cast<std::ptrdiff_t>(--i), {}, false);
  }
  in_flight_ = 0;
  retry_at_ms_.reset();
}

void delivery_queue::restart() {
  lost();
  for (auto& e : queue_)
    e.may_be_written = false;
  set_identity(id_, epoch_);
}

void delivery_queue::back_off(std::int64_t now_ms, errc why) {
  // Batches that fail together count once.
  if (backs_off(now_ms))
    return;
  // Too few replicas are in sync: the leader has waited for them, and whoever waits longer and longer misses when they are.
  if (backoff_ms_ == 0 || why == errc::not_enough_replicas)
    backoff_ms_ = rules_.backoff_first_ms;
  else
    backoff_ms_ = std::min(backoff_ms_ * 2, rules_.backoff_max_ms);
  retry_at_ms_ = now_ms + backoff_ms_;
}

void delivery_queue::expire(std::int64_t now_ms) {
  auto overdue = [&](auto& e) {
    return e.in_flight && (e.batch.deadline_ms <= now_ms || e.sent_at_ms + rules_.request_timeout_ms <= now_ms);
  };
  if (in_flight_ > 0 && std::any_of(queue_.begin(), queue_.end(), overdue)) {
    lost();
    back_off(now_ms, errc::timed_out);
  }
  for (std::size_t i = 0; i < queue_.size();)
    if (!queue_[i].in_flight && queue_[i].batch.deadline_ms <= now_ms)
      finish(queue_.begin() + static_cast<std::ptrdiff_t>(i), {errc::timed_out, "delivery_timeout_ms is over"},
             queue_[i].may_be_written);
    else
      ++i;
}

void delivery_queue::give_up_all(const error& why) {
  lost();
  while (!queue_.empty())
    finish(queue_.begin(), why, queue_.front().may_be_written);
}

void delivery_queue::finish(position which, error what, bool may_be_written, std::vector<record_refusal> refused) {
  if (which->has_sequence)
    is_broken_ = true;
  auto& batch = which->batch;
  batch_outcome done{std::move(batch.runs), batch.record_count, batch.generation};
  done.what = std::move(what);
  done.may_be_written = may_be_written && done.what.code != errc::none;
  done.refused = std::move(refused);
  outcomes_.push_back(std::move(done));
  queue_.erase(which);
}

bool delivery_queue::needs_identity() const noexcept {
  if (!rules_.is_idempotent || queue_.empty())
    return false;
  if (id_ == no_producer_id)
    return true;
  return is_broken_ && in_flight_ == 0
         && std::none_of(queue_.begin(), queue_.end(), [](auto& e) { return e.may_be_written; });
}

void delivery_queue::set_identity(producer_id id, producer_epoch epoch) {
  CHECK(in_flight_ == 0, "a batch under way has the old id");
  id_ = id;
  epoch_ = epoch;
  is_broken_ = false;
  is_known_ = false;
  next_sequence_ = 0;
  for (auto& e : queue_)
    e.has_sequence = false;
}

std::optional<std::int64_t> delivery_queue::due_at_ms() const noexcept {
  std::optional<std::int64_t> due;
  auto consider = [&](std::int64_t at) { due = due ? std::min(*due, at) : at; };
  if (queue_.empty())
    return due;
  consider(queue_.front().batch.deadline_ms);
  auto left = in_flight_;
  for (auto e = queue_.begin(); left > 0; ++e)
    if (e->in_flight) {
      consider(e->sent_at_ms + rules_.request_timeout_ms);
      --left;
    }
  if (retry_at_ms_)
    consider(*retry_at_ms_);
  return due;
}

} // namespace troupe::client
