// The leader's answers to followers: who may have what, and what their questions tell.
#include "runtime/base/check.hpp"
#include "runtime/replication/leader_core.hpp"

#include <algorithm>
#include <utility>

namespace troupe::replication {

effects leader_core::fetched(const replica_fetch& fetch, epoch_end own, std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  auto* follower = find(fetch.follower);
  auto code = check(fetch, follower);
  if (code == replica_code::none && fetch.broker_epoch == follower->epoch && fetch.round <= follower->round)
    return effects_; // it came before, or was overtaken
  if (code == replica_code::none) {
    if (fetch.broker_epoch != follower->epoch || fetch.round != follower->round + 1)
      follower->told_log_start = {}; // it has begun anew
    follower->epoch = fetch.broker_epoch;
    follower->round = fetch.round;
    parked_followers_ -= std::exchange(follower->parked, false) ? 1 : 0;
    code = compare(fetch, own);
  }
  if (code == replica_code::none)
    note(*follower, fetch, now_ms);
  else if (code == replica_code::diverged)
    lower(*follower, std::min(fetch.durable_end, own.end), fetch.broker_epoch);
  // Before the high watermark moves: it counts whoever is to join.
  auto proposes = code == replica_code::none && has_wishes(now_ms) && propose(now_ms);
  if (code == replica_code::none && follower->counts())
    advance();
  if (code == replica_code::none) {
    follower->parked = true;
    ++parked_followers_;
    answer_followers();
    follower->waited = follower->parked;
  } else {
    reply({fetch.follower, fetch.round, code, code == replica_code::diverged ? own : epoch_end{}, {}, {}});
  }
  if (proposes)
    effects_.push_back({effect::kind::propose_isr, errc::none, 0, {}});
  return effects_;
}

replica_code leader_core::check(const replica_fetch& fetch, const replica* follower) const {
  if (fetch.epoch != epoch_)
    return fetch.epoch < epoch_ ? replica_code::fenced_leader_epoch : replica_code::unknown_leader_epoch;
  if (!follower || follower->node == self_)
    return replica_code::unknown_partition;
  if (fetch.broker_epoch < follower->epoch || fetch.broker_epoch < follower->registered)
    return replica_code::stale_broker_epoch;
  if (fetch.durable_end > fetch.from || fetch.log_start > fetch.from || fetch.last_epoch > fetch.epoch)
    return replica_code::malformed;
  return replica_code::none;
}

/// Whether the follower's log is a part of this one.
replica_code leader_core::compare(const replica_fetch& fetch, epoch_end own) const {
  if (fetch.last_epoch != no_leader_epoch) {
    if (own.epoch == no_leader_epoch)
      return replica_code::unknown_leader_epoch;
    if (own.epoch < fetch.last_epoch || own.end < fetch.from)
      return replica_code::diverged;
  }
  return fetch.from < log_start_ || fetch.from > log_end_ ? replica_code::offset_out_of_range : replica_code::none;
}

void leader_core::note(replica& follower, const replica_fetch& fetch, std::int64_t now_ms) {
  lower(follower, fetch.durable_end, fetch.broker_epoch);
  follower.durable_end = fetch.durable_end;
  follower.durable_epoch = fetch.broker_epoch;
  follower.log_end = fetch.from;
  follower.known_high_watermark = fetch.high_watermark;
  follower.known_log_start = fetch.log_start;
  // Whoever has all that was there when it asked the last time was in sync at that time.
  if (fetch.from >= durable_end_)
    follower.caught_up_ms = now_ms;
  else if (fetch.from >= follower.end_at_fetch && follower.fetched_ms > follower.caught_up_ms)
    follower.caught_up_ms = follower.fetched_ms;
  follower.fetched_ms = now_ms;
  follower.end_at_fetch = durable_end_;
}

/// What the follower said to have on disk in this leadership was a part of this log, and would be there still.
void leader_core::lower(replica& follower, offset durable_end, broker_epoch life) {
  if (durable_end >= follower.durable_end)
    return;
  effects_.push_back({effect::kind::lost_records, errc::none, static_cast<token>(follower.node.value()), durable_end});
  if (follower.durable_epoch == life)
    follower.distrusted = life;
  follower.durable_end = durable_end;
}

void leader_core::reply(follower_answer answer) {
  effects_.push_back({effect::kind::answer_replica, errc::none, static_cast<token>(answers_.size()), {}});
  answers_.push_back(answer);
}

bool leader_core::has_news_for(const replica& follower) const {
  return durable_end_ > follower.log_end || high_watermark_ > follower.known_high_watermark
         || log_start_ > std::max(follower.known_log_start, follower.told_log_start);
}

void leader_core::answer_followers() {
  if (parked_followers_ == 0)
    return;
  for (auto& r : replicas_)
    if (r.parked && has_news_for(r) && !is_held(r)) {
      r.parked = false;
      --parked_followers_;
      if (std::exchange(r.waited, false)) // until now it had everything
        r.caught_up_ms = now_ms_;
      auto gone = r.log_end < log_start_;
      r.told_log_start = log_start_;
      reply({r.node, r.round, gone ? replica_code::offset_out_of_range : replica_code::none, {}, r.log_end,
             gone ? r.log_end : std::max(durable_end_, r.log_end)});
    }
}

void leader_core::hold(node_id node, std::int64_t until_ms) {
  if (auto* follower = find(node))
    follower->held_until_ms = until_ms;
}

effects leader_core::release(std::int64_t until_ms, std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  for (auto& r : replicas_)
    r.held_until_ms = std::min(r.held_until_ms, until_ms);
  answer_followers();
  return effects_;
}

bool leader_core::is_held(const replica& r) const { return !r.counts() && r.held_until_ms > now_ms_; }

bool leader_core::may_hold(node_id node) const {
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [node](auto& r) { return r.node == node && !r.counts(); });
}

effects leader_core::disconnected(node_id node, std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  auto* follower = find(node);
  if (follower)
    follower->told_log_start = {};
  if (follower && std::exchange(follower->parked, false)) {
    --parked_followers_;
    follower->caught_up_ms = now_ms;
  }
  return effects_;
}

} // namespace troupe::replication
