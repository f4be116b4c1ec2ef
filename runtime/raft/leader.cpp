// What a leader does: appends, tells everybody, finds out who has what, and commits.
#include "runtime/base/check.hpp"
#include "runtime/raft/core.hpp"

#include <algorithm>

namespace troupe::raft {

namespace {

/// The appends that a leader sends to one member ahead of the answers, beside what in_flight_max_bytes allows.
constexpr std::size_t appends_in_flight_max = 64;
/// Of an entry besides its payload.
constexpr std::size_t entry_overhead_bytes = 32;

std::size_t size_of(const std::vector<entry>& entries) {
  std::size_t size = 0;
  for (auto& e : entries)
    size += e.payload.size() + entry_overhead_bytes;
  return size;
}

bool has_enough(const progress& p, std::size_t max_bytes) {
  return p.in_flight.size() >= appends_in_flight_max || p.in_flight_bytes >= max_bytes;
}

} // namespace

void raft_core::tick_leader() {
  if (++election_elapsed_ >= config_.election_ticks) {
    election_elapsed_ = 0;
    check_quorum();
    if (role_ != role::leader)
      return;
  }
  tick_transfer();
  tick_observers_of_leader();
  if (++heartbeat_elapsed_ >= config_.heartbeat_ticks) {
    heartbeat_elapsed_ = 0;
    tend_members();
    send_heartbeats();
  }
}

/// A leader that a majority does not hear must not go on as if it led.
void raft_core::check_quorum() {
  std::size_t heard = votes() ? 1 : 0;
  for (auto& [node, p] : followers_)
    if (std::exchange(p.active, false) && members().has(voter{node, p.disk}))
      ++heard;
  if (heard < members().quorum())
    become_follower(state_.current, no_node);
}

position raft_core::append_own(bytes payload, entry_kind kind) {
  position at{state_.current, log_.last_index() + 1};
  log_.append({at, std::move(payload), kind});
  return at;
}

/// Begins to send to those voters that nothing is known of yet.
void raft_core::meet_voters() {
  for (auto& v : members().voters) {
    if (v.node == config_.self)
      continue;
    auto [met, fresh] = followers_.try_emplace(v.node);
    if (fresh) {
      met->second.disk = v.disk;
      met->second.next = log_.last_index() + 1;
    }
  }
}

void raft_core::send_heartbeats() {
  for (auto& [node, p] : followers_) {
    auto m = letter(message_type::heartbeat_request, node);
    m.commit = std::min(p.match, state_.commit); // beyond `match` the follower's log may be another one
    outbox_.push_back(std::move(m));
  }
}

/// Once in each round: what was proposed or committed since the last one goes out together.
void raft_core::broadcast_append() {
  for (auto& [node, p] : followers_)
    while (send_append(node, false)) {
    }
}

/// Sends what the member lacks, as far as it may be sent ahead; returns whether something was.
bool raft_core::send_append(node_id to, bool even_without_news) {
  auto& p = followers_[to];
  if (p.sending == progress::mode::snapshot || (p.sending == progress::mode::probe && p.waiting)
      || has_enough(p, config_.in_flight_max_bytes))
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
  if (p.sending == progress::mode::probe)
    p.waiting = true;
  else if (!m.entries.empty()) {
    p.next = p.next + m.entries.size();
    p.fly(m.entries.back().at.index, size_of(m.entries));
  }
  outbox_.push_back(std::move(m));
  return true;
}

void raft_core::send_snapshot(node_id to, progress& p) {
  if (!p.active)
    return; // a snapshot is large: only for somebody who is there
  p.snap = log_.base();
  p.sending = progress::mode::snapshot;
  p.snap_offset = 0;
  send_piece(to, p);
}

void raft_core::send_piece(node_id to, progress& p) {
  auto m = letter(message_type::snapshot_request, to);
  auto size = std::min<std::uint64_t>(config_.snapshot_piece_bytes, p.snap.state.size() - p.snap_offset);
  m.piece = {p.snap.at, p.snap.members, p.snap.state.size(), p.snap_offset,
             p.snap.state.slice(p.snap_offset, size)};
  p.snap_ticks = 0;
  outbox_.push_back(std::move(m));
}

/// What is known of the sender, if this node leads and sends to it.
progress* raft_core::hear(const message& m) {
  auto found = followers_.find(m.from);
  if (role_ != role::leader || found == followers_.end())
    return nullptr;
  auto& p = found->second;
  if (p.disk != m.from_disk) {
    p = {};
    p.disk = m.from_disk;
    p.next = log_.last_index() + 1;
  }
  p.active = true;
  p.silent_ticks = 0;
  return &p;
}

void raft_core::on_append_reply(const message& m) {
  auto* p = hear(m);
  if (p == nullptr)
    return;
  if (m.rejected)
    on_rejected_append(m, *p);
  else if (m.log.index <= log_.last_index()) // nobody can hold more of this term than its leader
    on_accepted_append(m, *p);
}

void raft_core::on_accepted_append(const message& m, progress& p) {
  p.match = std::max(p.match, m.log.index);
  p.next = std::max(p.next, p.match + 1);
  p.waiting = false;
  p.land(p.match);
  // What follows the snapshot may be gone by now; then the next one is sent.
  if (p.sending == progress::mode::snapshot ? p.match >= p.snap.at.index : p.sending == progress::mode::probe)
    p.become_replicate();
  advance_commit();
  if (role_ != role::leader)
    return;
  finish_transfer();
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
  p.become_probe(std::max(p.match, std::min(agreed, m.rejected_index - 1)) + 1);
  send_append(m.from, true);
}

void raft_core::on_heartbeat_reply(const message& m) {
  auto* p = hear(m);
  if (p == nullptr)
    return;
  p->waiting = false;
  if (has_enough(*p, config_.in_flight_max_bytes))
    p->forget_oldest_flight(); // if it got lost, nothing else makes room
  if (p->sending == progress::mode::snapshot) {
    if (p->snap_ticks > 2 * config_.heartbeat_ticks)
      send_piece(m.from, *p); // the piece or its answer may have got lost
  } else if (p->match < log_.last_index() || p->sending == progress::mode::probe) {
    send_append(m.from, true); // so may an append or its answer: an empty one finds out
  }
  finish_transfer();
}

void raft_core::on_snapshot_reply(const message& m) {
  auto* p = hear(m);
  if (p == nullptr || p->sending != progress::mode::snapshot || !(m.log == p->snap.at)
      || m.offset >= p->snap.state.size() || m.offset == p->snap_offset)
    return;
  p->snap_offset = m.offset;
  send_piece(m.from, *p);
}

void raft_core::advance_commit() {
  std::vector<log_index> held;
  for (auto& v : members().voters) {
    auto found = followers_.find(v.node);
    if (v == myself())
      held.push_back(log_.stable_index());
    else
      held.push_back(found != followers_.end() && found->second.disk == v.disk ? found->second.match : log_index{});
  }
  std::sort(held.begin(), held.end(), std::greater<>{});
  auto majority = held[members().quorum() - 1];
  // Entries of older terms are committed only along with one of this term (thesis, 3.6.2).
  if (majority <= state_.commit || log_.term_at(majority) != state_.current)
    return;
  commit_to(majority);
  leave_if_removed();
}

} // namespace troupe::raft
