#include "runtime/replication/follower_core.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace troupe::replication {

using kind = follower_effect::kind;

follower_effects follower_core::begin(std::int64_t now_ms) {
  effects_.clear();
  go_on(now_ms);
  return effects_;
}

/// The next fetch, if it is time for one.
void follower_core::go_on(std::int64_t now_ms) {
  state_ = follower_state::waiting;
  // What a former life as a leader appended may be on its way to the disk.
  if (!know_.connected || know_.durable_end < know_.log_end)
    return;
  if (now_ms < held_until_ms_) {
    state_ = follower_state::resting;
    wake_at_ms_ = held_until_ms_;
    emit(kind::ask_again_at);
    return;
  }
  state_ = follower_state::fetching;
  ++round_;
  emit(kind::fetch);
  if (know_.repeat_ms > 0) {
    wake_at_ms_ = now_ms + know_.repeat_ms;
    emit(kind::ask_again_at);
  }
}

void follower_core::rest(std::int64_t now_ms) {
  state_ = follower_state::resting;
  pause_ms_ = std::clamp(pause_ms_ * 2, first_pause_ms, longest_pause_ms);
  // Up to a quarter more, so that not all partitions ask at the same time.
  wake_at_ms_ = now_ms + pause_ms_ + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(pause_ms_) / 4));
  emit(kind::ask_again_at);
}

void follower_core::refuse(const char* complaint, std::int64_t now_ms) {
  complaint_ = complaint;
  emit(kind::refused_answer);
  rest(now_ms);
}

follower_effects follower_core::connected(bool is, std::int64_t now_ms) {
  effects_.clear();
  know_.connected = is;
  auto busy = state_ == follower_state::storing || state_ == follower_state::truncating
              || state_ == follower_state::stopped;
  if (!busy) {
    pause_ms_ = 0;
    go_on(now_ms);
  }
  return effects_;
}

follower_effects follower_core::durable(offset end, std::int64_t now_ms) {
  effects_.clear();
  know_.durable_end = std::max(know_.durable_end, std::min(end, know_.log_end));
  want_log_start();
  auto waits = state_ == follower_state::storing || state_ == follower_state::waiting;
  if (waits && know_.durable_end == know_.log_end)
    go_on(now_ms);
  return effects_;
}

follower_effects follower_core::log_start_durable(offset at, std::int64_t now_ms) {
  effects_.clear();
  if (at <= know_.log_start)
    return effects_;
  know_.log_start = at;
  if (state_ == follower_state::fetching)
    go_on(now_ms);
  return effects_;
}

follower_effects follower_core::tick(std::int64_t now_ms) {
  effects_.clear();
  auto waits = state_ == follower_state::resting || (state_ == follower_state::fetching && know_.repeat_ms > 0);
  if (waits && now_ms >= wake_at_ms_)
    go_on(now_ms);
  return effects_;
}

follower_effects follower_core::release(std::int64_t until_ms, std::int64_t now_ms) {
  effects_.clear();
  auto was_held = held_until_ms_ > now_ms && state_ == follower_state::resting;
  held_until_ms_ = std::min(held_until_ms_, until_ms);
  if (was_held)
    go_on(now_ms);
  return effects_;
}

replica_fetch follower_core::fetch() const {
  return {know_.partition, know_.epoch, round_, know_.self, know_.broker_epoch, know_.log_end, know_.last_epoch,
          know_.durable_end, know_.high_watermark, know_.log_start};
}

bool follower_core::expects(const replica_records& answer) const {
  return state_ == follower_state::fetching && answer.epoch == know_.epoch && answer.round == round_;
}

follower_effects follower_core::unreadable(const replica_records& answer, std::int64_t now_ms) {
  effects_.clear();
  if (expects(answer))
    refuse("batches that cannot be read", now_ms);
  return effects_;
}

follower_effects follower_core::answered(const replica_records& answer, std::span<const batch_extent> batches,
                                         epoch_end own, std::int64_t now_ms) {
  effects_.clear();
  if (answer.code == replica_code::ask_again) {
    auto waits = state_ == follower_state::fetching || state_ == follower_state::resting;
    if (waits && answer.epoch == know_.epoch)
      go_on(now_ms);
    return effects_;
  }
  if (!expects(answer)) {
    if (answer.epoch == know_.epoch && answer.code == replica_code::none)
      take_log_start(answer); // the leader does not say it twice
    return effects_;
  }
  switch (answer.code) {
  case replica_code::none:
    take_records(answer, batches, now_ms);
    break;
  case replica_code::diverged:
    cut(answer, own, now_ms);
    break;
  case replica_code::offset_out_of_range:
    begin_anew(answer, now_ms);
    break;
  default:
    rest(now_ms);
  }
  return effects_;
}

void follower_core::take_records(const replica_records& answer, std::span<const batch_extent> batches,
                                 std::int64_t now_ms) {
  if (auto* fault = find_fault(batches)) {
    refuse(fault, now_ms);
    return;
  }
  pause_ms_ = 0;
  if (batches.empty()) {
    take_marks(answer);
    go_on(now_ms);
    return;
  }
  state_ = follower_state::storing;
  know_.log_end = batches.back().last + 1;
  know_.last_epoch = batches.back().epoch;
  emit(kind::append);
  take_marks(answer);
}

/// A sentence about the first batch that cannot follow; null: they all can.
const char* follower_core::find_fault(std::span<const batch_extent> batches) const {
  auto end = know_.log_end;
  auto epoch = know_.last_epoch;
  for (auto& batch : batches) {
    if (batch.base < end || batch.last < batch.base)
      return "batches that begin below the end of the log";
    if (batch.base > end && !know_.gaps_allowed)
      return "batches that leave a gap";
    if (batch.epoch < epoch || batch.epoch > know_.epoch)
      return "batches of an older epoch than those before them, or of one that has not begun";
    end = batch.last + 1;
    epoch = batch.epoch;
  }
  return nullptr;
}

void follower_core::take_marks(const replica_records& answer) {
  auto high_watermark = std::min(answer.high_watermark, know_.log_end);
  if (high_watermark > know_.high_watermark) {
    know_.high_watermark = high_watermark;
    emit(kind::high_watermark, high_watermark);
  }
  take_log_start(answer);
}

void follower_core::take_log_start(const replica_records& answer) {
  log_start_wanted_ = std::max(log_start_wanted_, answer.log_start);
  want_log_start();
}

/// Again with every answer, until it is durable: whoever was asked may have forgotten it.
void follower_core::want_log_start() {
  auto at = std::min(log_start_wanted_, know_.durable_end);
  if (at > know_.log_start)
    emit(kind::log_start, at);
}

/// Where the two logs part. The leader said up to where it has the newest epoch that both may have; below that, and below
/// the end of that epoch here, they are the same.
void follower_core::cut(const replica_records& answer, epoch_end own, std::int64_t now_ms) {
  auto theirs = answer.diverging;
  if (theirs.epoch == no_leader_epoch || theirs.end == no_offset || theirs.epoch > know_.last_epoch
      || own.epoch > theirs.epoch) {
    refuse("a divergence that is none", now_ms);
    return;
  }
  auto at = know_.log_start; // nothing here is as old as that epoch: nothing is common
  if (own.epoch == theirs.epoch)
    at = std::min(own.end, theirs.end);
  else if (own.epoch != no_leader_epoch)
    at = own.end;
  at = std::max(at, know_.log_start);
  if (at >= know_.log_end) {
    refuse("a divergence behind the end of the log", now_ms);
    return;
  }
  order_cut(kind::truncate, at);
}

/// The leader's log begins behind the end of this one; or this one is empty, and at another place than the leader's.
void follower_core::begin_anew(const replica_records& answer, std::int64_t now_ms) {
  auto empty = know_.last_epoch == no_leader_epoch;
  if (answer.log_start < offset{0} || answer.log_start == know_.log_end || (!empty && answer.log_start < know_.log_end)) {
    refuse("an offset is out of range that is not", now_ms);
    return;
  }
  order_cut(kind::begin_at, answer.log_start);
}

void follower_core::order_cut(kind what, offset at) {
  state_ = follower_state::truncating;
  if (at < know_.high_watermark) {
    if (what == kind::truncate)
      emit(kind::loses_committed, at);
    know_.high_watermark = at;
    emit(kind::high_watermark, at);
  }
  if (what == kind::begin_at) {
    know_.log_start = at;
    know_.log_end = at;
  }
  emit(what, at);
}

follower_effects follower_core::truncated(offset end, leader_epoch last_epoch, std::int64_t now_ms) {
  effects_.clear();
  if (state_ != follower_state::truncating)
    return effects_;
  CHECK(end <= know_.log_end, "truncation does not lengthen a log");
  know_.log_end = know_.durable_end = end;
  know_.last_epoch = last_epoch;
  know_.high_watermark = std::min(know_.high_watermark, end);
  if (know_.high_watermark < know_.log_start) { // it began anew: what lies below was committed once
    know_.high_watermark = know_.log_start;
    emit(kind::high_watermark, know_.log_start);
  }
  pause_ms_ = 0;
  go_on(now_ms);
  return effects_;
}

} // namespace troupe::replication
