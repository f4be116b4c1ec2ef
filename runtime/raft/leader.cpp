// What a leader does: sends its log, finds out where a follower's departs from it, and commits what a
// majority holds.
#include "runtime/base/check.hpp"
#include "runtime/raft/core.hpp"

#include <algorithm>

namespace troupe::raft {

void raft_core::tick_leader() {
  if (++election_elapsed_ >= config_.election_ticks) {
    election_elapsed_ = 0;
    check_quorum();
    if (role_ != role::leader)
      return;
  }
  for (auto& [node, p] : followers_)
    if (p.sending == progress::mode::snapshot && ++p.silent_ticks >= config_.election_ticks) {
      p.sending = progress::mode::probe; // it may have got lost: the next answer shows
      p.waiting = false;
    }
  if (++heartbeat_elapsed_ >= config_.heartbeat_ticks) {
    heartbeat_elapsed_ = 0;
    send_heartbeats();
  }
}

/// A leader that a majority does not hear must not go on as if it led.
void raft_core::check_quorum() {
  std::size_t heard = 1;
  for (auto& [node, p] : followers_)
    heard += node != config_.self && std::exchange(p.active, false) ? 1 : 0;
  if (heard < quorum())
    become_follower(state_.current, no_node);
}

position raft_core::append_own(bytes payload) {
  position at{state_.current, log_.last_index() + 1};
  log_.append({at, std::move(payload)});
  return at;
}

void raft_core::send_heartbeats() {
  for (auto& [node, p] : followers_) {
    if (node == config_.self)
      continue;
    auto m = letter(message_type::heartbeat_request, node);
    m.commit = std::min(p.match, state_.commit); // beyond `match` the follower's log may be another one
    outbox_.push_back(std::move(m));
  }
}

/// Once in each round: what was proposed or committed since the last one goes out together.
void raft_core::broadcast_append() {
  for (auto node : config_.voters)
    while (node != config_.self && send_append(node, false)) {
    }
}

/// Sends what the follower lacks, as far as it may be sent ahead; returns whether something was.
bool raft_core::send_append(node_id to, bool even_without_news) {
  auto& p = followers_[to];
  if (p.sending == progress::mode::snapshot || (p.sending == progress::mode::probe && p.waiting)
      || (p.sending == progress::mode::replicate && p.in_flight >= appends_in_flight_max))
    return false;
  auto before = p.next - 1;
  auto before_term = log_.term_at(before);
  if (!before_term) {
    send_snapshot(to, p);
    return false;
  }
  auto m = letter(message_type::append_request, to);
  m.log = {*before_term, before};
  m.commit = state_.commit;
  m.entries = log_.read(p.next, config_.append_max_bytes);
  if (m.entries.empty() && p.commit_sent >= m.commit && !even_without_news)
    return false;
  p.commit_sent = m.commit;
  if (p.sending == progress::mode::replicate) {
    p.next = p.next + m.entries.size();
    p.in_flight += m.entries.empty() ? 0 : 1;
  } else {
    p.waiting = true;
  }
  outbox_.push_back(std::move(m));
  return true;
}

void raft_core::send_snapshot(node_id to, progress& p) {
  if (!p.active)
    return; // a snapshot is large: only for somebody who is there
  auto m = letter(message_type::snapshot_request, to);
  m.snap = log_.base();
  p.sending = progress::mode::snapshot;
  p.snapshot_index = log_.base().at.index;
  p.silent_ticks = 0;
  outbox_.push_back(std::move(m));
}

void raft_core::on_append_reply(const message& m) {
  if (role_ != role::leader)
    return;
  auto& p = followers_[m.from];
  p.active = true;
  if (m.rejected)
    return on_rejected_append(m, p);
  if (m.log.index > log_.last_index())
    return; // nobody can hold more of this term than its leader
  p.match = std::max(p.match, m.log.index);
  p.next = std::max(p.next, p.match + 1);
  p.in_flight = std::max(0, p.in_flight - 1);
  p.waiting = false;
  if (p.sending == progress::mode::snapshot ? p.match + 1 >= log_.first_index()
                                            : p.sending == progress::mode::probe) {
    p.sending = progress::mode::replicate;
    p.next = p.match + 1;
    p.in_flight = 0;
  }
  advance_commit();
  while (send_append(m.from, false)) {
  }
}

/// The follower's log departs from this one before what was sent: goes back to where they may agree.
void raft_core::on_rejected_append(const message& m, progress& p) {
  auto stale =
      p.sending == progress::mode::probe ? m.rejected_index != p.next - 1 : m.rejected_index <= p.match;
  if (stale || p.sending == progress::mode::snapshot)
    return;
  auto agreed = log_.newest_up_to(m.log.index, m.log.term).index;
  p.next = std::max(p.match, std::min(agreed, m.rejected_index - 1)) + 1;
  p.sending = progress::mode::probe;
  p.waiting = false;
  p.in_flight = 0;
  send_append(m.from, true);
}

void raft_core::on_heartbeat_reply(const message& m) {
  if (role_ != role::leader)
    return;
  auto& p = followers_[m.from];
  p.active = true;
  p.waiting = false;
  p.in_flight = std::min(p.in_flight, appends_in_flight_max - 1);
  // An append or its answer may have got lost: an empty one finds out.
  if (p.match < log_.last_index() || p.sending == progress::mode::probe)
    send_append(m.from, true);
}

void raft_core::advance_commit() {
  std::vector<log_index> held;
  for (auto& [node, p] : followers_)
    held.push_back(p.match);
  std::sort(held.begin(), held.end(), std::greater<>{});
  auto majority = held[quorum() - 1];
  // Entries of older terms are committed only along with one of this term (thesis, 3.6.2).
  if (majority <= state_.commit || log_.term_at(majority) != state_.current)
    return;
  commit_to(majority);
}

} // namespace troupe::raft
