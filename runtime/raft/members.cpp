// Changes of the members, one voter at a time (thesis, chapter 4), and the handing over of leadership (3.10).
#include "runtime/raft/core.hpp"
#include "runtime/raft/membership.hpp"

#include <algorithm>

namespace troupe::raft {

/// A change waits for the one before and for an entry of this term, so that majorities always overlap (Ongaro's note
/// on single-server changes, 2015).
result<void> raft_core::may_change() const {
  if (role_ != role::leader)
    return fail(errc::not_leader, leader_ == no_node ? "no leader is known" : "node " + std::to_string(leader_.value()));
  if (successor_ != no_node)
    return fail(errc::busy, "leadership is being handed over");
  if (log_.members_index() > state_.commit)
    return fail(errc::busy, "another change of the voters is not committed yet");
  if (log_.term_at(state_.commit) != state_.current)
    return fail(errc::busy, "nothing of this leader's term is committed yet");
  return {};
}

bool raft_core::awaits_vote() const {
  auto& agreed = log_.members_at(state_.commit);
  if (agreed.has(myself()))
    return false;
  auto& founding = agreed.empty() ? config_.voters : agreed.awaited;
  return agreed.has(config_.self) || std::find(founding.begin(), founding.end(), config_.self) != founding.end();
}

position raft_core::change_members(const membership& to) {
  auto at = append_own(encode(to), entry_kind::members);
  meet_voters();
  return at;
}

bool raft_core::has_caught_up(const progress& p) const {
  return p.match >= state_.commit && p.silent_ticks < config_.election_ticks;
}

result<position> raft_core::add_voter(node_id node, disk_id disk) {
  if (auto may = may_change(); !may)
    return fail(std::move(may));
  auto name = "node " + std::to_string(node.value());
  if (members().has(node))
    return fail(errc::already_exists, name + " votes already");
  if (members().voters.size() >= voters_max)
    return fail(errc::invalid_argument, "there are " + std::to_string(voters_max) + " voters already");
  auto found = followers_.find(node);
  if (found == followers_.end())
    return fail(errc::busy, name + " does not follow the log");
  if (disk != disk_id{} && disk != found->second.disk)
    return fail(errc::invalid_argument, name + " follows the log with another directory");
  if (!has_caught_up(found->second))
    return fail(errc::busy, name + " has not caught up with the log yet");
  return change_members(with_voter(members(), {node, found->second.disk}));
}

result<position> raft_core::remove_voter(node_id node, disk_id disk) {
  if (auto may = may_change(); !may)
    return fail(std::move(may));
  auto name = "node " + std::to_string(node.value());
  auto to = without_voter(members(), node);
  if (to == members())
    return fail(errc::not_found, name + " does not vote");
  if (auto* v = members().find(node); v && disk != disk_id{} && disk != v->disk)
    return fail(errc::not_found, name + " votes with another directory");
  if (to.voters.empty())
    return fail(errc::invalid_argument, name + " is the only voter");
  return change_members(to);
}

/// A voter that comes with another disk has forgotten what it promised. It leaves, and is a voter again as soon as its
/// new disk has what is committed.
void raft_core::tend_members() {
  if (!may_change())
    return;
  for (auto& [node, p] : followers_) {
    auto* v = members().find(node);
    auto& awaited = members().awaited;
    if (v != nullptr && v->disk != p.disk) {
      change_members(awaiting(members(), node));
      return;
    }
    if (v == nullptr && has_caught_up(p) && std::find(awaited.begin(), awaited.end(), node) != awaited.end()) {
      change_members(with_voter(members(), {node, p.disk}));
      return;
    }
  }
}

/// Called when something has been committed: a leader that is no member any more has nothing left to do.
void raft_core::leave_if_removed() {
  if (votes() || log_.members_index() > state_.commit)
    return;
  broadcast_append();
  if (auto next = best_successor(); next != no_node && followers_[next].match == log_.last_index())
    outbox_.push_back(letter(message_type::timeout_now, next));
  become_follower(state_.current, no_node);
}

/// The voter that lacks least, among those that were heard of lately.
node_id raft_core::best_successor() const {
  auto best = followers_.end();
  for (auto f = followers_.begin(); f != followers_.end(); ++f)
    if (members().has(voter{f->first, f->second.disk}) && f->second.silent_ticks < config_.election_ticks
        && (best == followers_.end() || f->second.match > best->second.match))
      best = f;
  return best == followers_.end() ? no_node : best->first;
}

result<void> raft_core::transfer_leadership(node_id to) {
  if (role_ != role::leader)
    return fail(errc::not_leader, "only a leader hands over");
  if (successor_ != no_node)
    return fail(errc::busy, "node " + std::to_string(successor_.value()) + " is to lead already");
  if (to == no_node)
    to = best_successor();
  auto found = followers_.find(to);
  if (found == followers_.end() || !members().has(voter{to, found->second.disk}))
    return fail(errc::invalid_argument, "no other voter is there to lead");
  successor_ = to;
  transfer_ticks_ = 0;
  send_append(to, true);
  finish_transfer();
  return {};
}

void raft_core::tick_transfer() {
  if (successor_ != no_node && ++transfer_ticks_ >= config_.election_ticks)
    successor_ = no_node;
}

/// Once it has everything, it need not wait for this leader's silence.
void raft_core::finish_transfer() {
  if (successor_ != no_node && followers_[successor_].match == log_.last_index())
    outbox_.push_back(letter(message_type::timeout_now, successor_));
}

} // namespace troupe::raft
