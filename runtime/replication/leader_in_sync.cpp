// The leader's part in deciding who is in sync: it proposes, the controller decides. One proposal is under way at a time.
// What it would add counts as in sync from the moment of asking until a newer state rules it out.
#include "runtime/base/check.hpp"
#include "runtime/replication/leader_core.hpp"

#include <algorithm>
#include <utility>

namespace troupe::replication {

namespace {

bool contains(const std::vector<node_id>& nodes, node_id node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

} // namespace

void leader_core::add_replicas(const std::vector<node_id>& replicas, std::int64_t now_ms) {
  for (auto node : replicas)
    if (!find(node)) {
      auto& r = replicas_.emplace_back();
      r.node = node;
      r.caught_up_ms = now_ms;
    }
}

void leader_core::adopt(const partition_state& state, std::int64_t now_ms) {
  partition_epoch_ = state.epoch;
  in_sync_count_ = 0;
  for (auto& r : replicas_) {
    auto joins = !std::exchange(r.in_sync, contains(state.isr, r.node)) && r.in_sync;
    if (joins) // whatever it was before, its time to lag begins now
      r.caught_up_ms = now_ms;
    r.eligible = contains(state.elr, r.node);
    in_sync_count_ += r.in_sync ? 1 : 0;
  }
  auto* self = find(self_);
  CHECK(self && self->in_sync, "a leader is a replica, and in sync with itself");
}

effects leader_core::changed(const partition_state& state, std::int32_t min_insync_replicas, std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  return take(state, min_insync_replicas, now_ms);
}

effects leader_core::proposal_accepted(std::uint64_t attempt, const partition_state& state,
                                       std::int32_t min_insync_replicas, std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  // It changed the newest state that there was: whatever was proposed before this life is ruled out. Proposals of this one
  // are told by the states that they change.
  if (attempt > first_attempt_ && attempt <= proposal_.attempt)
    resumes_ = false;
  return take(state, min_insync_replicas, now_ms);
}

effects leader_core::take(const partition_state& state, std::int32_t min_insync_replicas, std::int64_t now_ms) {
  min_insync_replicas_ = min_insync_replicas;
  if (state.epoch < partition_epoch_)
    return effects_;
  if (state.epoch > partition_epoch_) {
    add_replicas(state.replicas, now_ms);
    adopt(state, now_ms);
    // What was proposed for an older state led to this one, or has no effect any more.
    settle_proposal(!resumes_);
    propose_after_ms_ = now_ms;
  }
  advance();
  judge_minimum();
  answer_followers();
  consider_proposal(now_ms);
  return effects_;
}

bool leader_core::gives_up() const { return below_since_ms_ && now_ms_ - *below_since_ms_ >= minimum_patience_ms; }

void leader_core::judge_minimum() {
  if (!below_minimum())
    below_since_ms_.reset();
  else if (!below_since_ms_)
    below_since_ms_ = now_ms_;
  if (gives_up())
    for (; !wait_all_.empty(); wait_all_.pop())
      effects_.push_back(
          {effect::kind::produce_done, errc::not_enough_replicas_after_append, wait_all_.front().who, {}});
}

void leader_core::settle_proposal(bool nobody_joined) {
  proposal_under_way_ = false;
  proposal_forgotten_ = !nobody_joined;
  if (nobody_joined)
    for (auto& r : replicas_)
      r.proposed = false;
}

effects leader_core::proposal_failed(std::uint64_t attempt, std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  if (!proposal_under_way_ || attempt != proposal_.attempt)
    return effects_;
  settle_proposal(false);
  propose_after_ms_ = now_ms + proposal_patience_ms_ / 10;
  return effects_;
}

effects leader_core::brokers(std::span<const known_broker> known, std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  for (auto& broker : known)
    if (auto* r = find(broker.node)) {
      r->registered = broker.epoch;
      r->fenced = broker.fenced;
    }
  consider_proposal(now_ms);
  return effects_;
}

effects leader_core::tick(std::int64_t now_ms) {
  begin();
  now_ms_ = now_ms;
  if (proposal_under_way_ && now_ms >= proposal_deadline_ms_)
    settle_proposal(false);
  judge_minimum();
  answer_followers();
  consider_proposal(now_ms);
  return effects_;
}

std::optional<std::int64_t> leader_core::next_tick_ms() const {
  if (!has_followers())
    return std::nullopt;
  std::optional<std::int64_t> next;
  auto at = [&](std::int64_t ms) { next = std::min(next.value_or(ms), ms); };
  if (below_since_ms_ && !gives_up())
    at(*below_since_ms_ + minimum_patience_ms);
  for (auto& r : replicas_)
    if (r.parked && is_held(r))
      at(r.held_until_ms);
  if (proposal_under_way_) {
    at(proposal_deadline_ms_);
    return next;
  }
  for (auto& r : replicas_) {
    if (r.in_sync && r.node != self_ && !r.parked)
      at(std::max(r.caught_up_ms + lag_max_ms_ + 1, propose_after_ms_));
    if (proposal_forgotten_ || (!r.in_sync && may_join(r, now_ms_)))
      at(propose_after_ms_);
  }
  return next;
}

bool leader_core::is_lagging(const replica& r, std::int64_t now_ms) const {
  return !r.parked && now_ms - r.caught_up_ms > lag_max_ms_;
}

bool leader_core::may_join(const replica& r, std::int64_t now_ms) const {
  return r.durable_end >= high_watermark_ && r.durable_end >= epoch_start_ && r.epoch != no_broker_epoch
         && r.durable_epoch == r.epoch && r.epoch == r.registered && !r.fenced && r.distrusted != r.epoch
         && r.known_log_start >= log_start_ && (r.parked || now_ms - r.fetched_ms <= lag_max_ms_);
}

bool leader_core::belongs(const replica& r, std::int64_t now_ms) const {
  if (r.node == self_)
    return true;
  auto distrusted = r.distrusted != no_broker_epoch && r.distrusted == r.epoch;
  return r.in_sync ? !distrusted && !is_lagging(r, now_ms) : may_join(r, now_ms);
}

/// Whether the controller is to be asked. When the effect of an earlier proposal is not known, any change rules it out,
/// even one to what there is.
bool leader_core::has_wishes(std::int64_t now_ms) const {
  if (!has_followers() || proposal_under_way_ || now_ms < propose_after_ms_)
    return false;
  return proposal_forgotten_ || std::any_of(replicas_.begin(), replicas_.end(), [&](const replica& r) {
           return belongs(r, now_ms) != r.in_sync;
         });
}

bool leader_core::propose(std::int64_t now_ms) {
  std::vector<isr_member> wanted;
  for (auto& r : replicas_) {
    if (!belongs(r, now_ms))
      continue;
    auto life = r.node == self_ ? self_epoch_ : r.epoch != no_broker_epoch ? r.epoch : r.registered;
    wanted.push_back({r.node, life});
    r.proposed |= !r.in_sync;
  }
  proposal_ = {proposal_.attempt + 1, partition_epoch_, std::move(wanted)};
  proposal_under_way_ = true;
  proposal_deadline_ms_ = now_ms + proposal_patience_ms_;
  return true;
}

void leader_core::consider_proposal(std::int64_t now_ms) {
  if (!has_wishes(now_ms) || !propose(now_ms))
    return;
  answer_followers(); // whoever is to join is held back no longer
  effects_.push_back({effect::kind::propose_isr, errc::none, 0, {}});
}

} // namespace troupe::replication
