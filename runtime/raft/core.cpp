// The inputs and the rounds; what a member does in each role is in election.cpp, leader.cpp and follower.cpp.
#include "runtime/raft/core.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace troupe::raft {

raft_core::raft_core(config options, restored from)
    : config_(std::move(options)), random_(config_.seed), log_(std::move(from.snap), std::move(from.entries)),
      state_(from.state) {
  CHECK(config_.self != no_node);
  CHECK(config_.heartbeat_ticks > 0 && config_.heartbeat_ticks < config_.election_ticks);
  CHECK(config_.retry_ticks >= 0 && config_.retry_ticks <= config_.election_ticks);
  CHECK(state_.current >= log_.last().term, "a term is stored before its entries");
  state_.commit = std::clamp(state_.commit, log_.base().at.index, log_.last_index());
  reported_state_ = state_;
  become_follower(state_.current, no_node);
  reset_election_timer(patience());
  heartbeat_elapsed_ = config_.heartbeat_ticks; // an observer asks at once
  reported_leadership_ = current();
  if (members().empty() && config_.voters == std::vector{config_.self}) {
    log_.assume({{myself()}, {}});
    members_assumed_ = true;
  }
  if (votes() && members().voters.size() == 1)
    become_candidate(false); // nobody else can lead or object, so there is nothing to wait for
}

void raft_core::tick() {
  if (role_ == role::leader)
    tick_leader();
  else
    tick_follower();
}

void raft_core::step(message incoming) {
  auto& m = incoming;
  if (m.to != config_.self || m.from == config_.self || m.from == no_node)
    return;
  // Who asks another disk than this one counts on promises that are forgotten.
  auto asks = m.type == message_type::vote_request || m.type == message_type::pre_vote_request;
  if (asks && m.to_disk != config_.disk)
    return;
  // An answer to an observer or to a blank node is a hint: it says nothing of terms.
  if (m.type == message_type::observe_reply)
    on_observe_reply(m);
  else if (m.term < state_.current)
    answer_older_term(m);
  else if (m.term == state_.current || enters_newer_term(m))
    dispatch(std::move(m));
}

/// Whether the message is to be looked at, in its own term if that is to begin here.
bool raft_core::enters_newer_term(const message& m) {
  auto asks = m.type == message_type::vote_request || m.type == message_type::pre_vote_request;
  // A node that was cut off or removed does not disturb those who hear their leader (thesis, 4.2.3).
  if (asks && !m.transfer && hears_a_leader()) {
    if (!members().has(voter{m.from, m.from_disk}))
      on_observe_request(m); // it was removed, and has not heard of it
    return false;
  }
  // Pre-votes speak of a term that has not begun.
  if (m.type == message_type::pre_vote_request || (m.type == message_type::pre_vote_reply && !m.rejected))
    return true;
  auto leads = m.type == message_type::append_request || m.type == message_type::heartbeat_request
               || m.type == message_type::snapshot_request;
  become_follower(m.term, leads ? m.from : no_node);
  return true;
}

/// Lets a leader or a candidate that has been left behind know.
void raft_core::answer_older_term(const message& m) {
  switch (m.type) {
  case message_type::append_request:
  case message_type::heartbeat_request:
  case message_type::snapshot_request:
    outbox_.push_back(letter(message_type::heartbeat_reply, m.from));
    break;
  case message_type::pre_vote_request:
  case message_type::vote_request: {
    auto pre = m.type == message_type::pre_vote_request;
    auto reply = letter(pre ? message_type::pre_vote_reply : message_type::vote_reply, m.from);
    reply.rejected = true;
    outbox_.push_back(std::move(reply));
    break;
  }
  case message_type::observe_request:
    on_observe_request(m);
    break;
  default:
    break;
  }
}

void raft_core::dispatch(message&& m) {
  switch (m.type) {
  case message_type::pre_vote_request:
  case message_type::vote_request:
    return on_vote_request(m);
  case message_type::pre_vote_reply:
  case message_type::vote_reply:
    return on_vote_reply(m);
  case message_type::append_request:
  case message_type::heartbeat_request:
  case message_type::snapshot_request:
    return follow(std::move(m));
  case message_type::append_reply:
    return on_append_reply(m);
  case message_type::heartbeat_reply:
    return on_heartbeat_reply(m);
  case message_type::snapshot_reply:
    return on_snapshot_reply(m);
  case message_type::observe_request:
    return on_observe_request(m);
  case message_type::timeout_now:
    if (role_ == role::follower && leader_ == m.from && may_campaign())
      become_candidate(true);
    return;
  case message_type::observe_reply:
    return; // has no term: see step()
  }
}

message raft_core::letter(message_type type, node_id to) const {
  message m;
  m.type = type;
  m.from = config_.self;
  m.to = to;
  m.term = state_.current;
  m.from_disk = config_.disk;
  return m;
}

void raft_core::commit_to(log_index index) {
  CHECK(index <= log_.last_index(), "only what is there can be committed");
  state_.commit = std::max(state_.commit, index);
}

result<position> raft_core::propose(bytes payload) {
  if (payload.empty())
    return fail(errc::invalid_argument, "an empty proposal");
  if (role_ != role::leader)
    return fail(errc::not_leader,
                leader_ == no_node ? "no leader is known" : "node " + std::to_string(leader_.value()));
  if (successor_ != no_node)
    return fail(errc::busy, "node " + std::to_string(successor_.value()) + " is to lead");
  if (uncommitted_bytes_ > 0 && uncommitted_bytes_ + payload.size() > config_.uncommitted_max_bytes)
    return fail(errc::busy, std::to_string(uncommitted_bytes_) + " bytes are not committed yet");
  uncommitted_bytes_ += payload.size();
  return append_own(std::move(payload), entry_kind::data);
}

bool raft_core::has_ready() const {
  return !in_progress_
         && (state_.current != reported_state_.current || state_.vote != reported_state_.vote || install_
             || log_.stable_index() < log_.last_index() || !outbox_.empty()
             || state_.commit > log_.applied_index() || current() != reported_leadership_);
}

/// A commit index alone is not worth a write: it is found out again.
void raft_core::store_state(ready& work) {
  auto state = state_;
  // A crash may come between the parts of a round: only what is durable without it is stored as committed.
  state.commit = work.install ? reported_state_.commit : std::min(state_.commit, log_.stable_index());
  auto writes = work.install || !work.entries.empty() || state.current != reported_state_.current
                || state.vote != reported_state_.vote;
  if (writes && state != reported_state_)
    work.state = reported_state_ = state;
}

/// What a leader sends promises nothing on its own behalf: its own writes count when they are done (thesis, 10.2.1). Only
/// its term must have been stored.
void raft_core::part_early(ready& work) {
  auto stored = state_.current == reported_state_.current && state_.vote == reported_state_.vote;
  if (role_ != role::leader || !stored)
    return;
  auto early = [](const message& m) {
    return m.type == message_type::append_request || m.type == message_type::heartbeat_request
           || m.type == message_type::snapshot_request;
  };
  auto later = std::stable_partition(work.messages.begin(), work.messages.end(), early);
  work.early.assign(std::make_move_iterator(work.messages.begin()), std::make_move_iterator(later));
  work.messages.erase(work.messages.begin(), later);
}

ready raft_core::take_ready() {
  CHECK(has_ready(), "one round at a time, and only when there is work");
  ready work;
  if (role_ == role::leader)
    broadcast_append();
  work.messages = std::exchange(outbox_, {});
  part_early(work);
  work.install = std::exchange(install_, std::nullopt);
  work.entries = log_.range(log_.first_unstable(), log_.last_index());
  store_state(work);
  work.committed = log_.range(log_.applied_index() + 1, state_.commit);
  if (current() != reported_leadership_)
    work.changed = reported_leadership_ = current();
  for (auto& e : work.committed)
    uncommitted_bytes_ -= std::min(uncommitted_bytes_, e.payload.size());
  in_progress_ = round{work.entries.empty() ? position{} : work.entries.back().at, state_.commit};
  return work;
}

void raft_core::advance() {
  CHECK(in_progress_.has_value(), "advance follows take_ready");
  auto done = *std::exchange(in_progress_, std::nullopt);
  log_.stable_to(done.stable_to);
  // A snapshot may have overtaken the round.
  log_.applied_to(std::max(done.applied_to, log_.applied_index()));
  if (role_ == role::leader)
    advance_commit();
}

snapshot raft_core::snapshot_at(position at, bytes state) const {
  return {at, std::move(state), log_.members_at(at.index)};
}

std::vector<member_progress> raft_core::others() const {
  std::vector<member_progress> all;
  for (auto& [node, p] : followers_)
    all.push_back({node, members().has(voter{node, p.disk}), p.match, p.silent_ticks, p.disk});
  return all;
}

void raft_core::compact(snapshot snap) {
  CHECK(snap.at.index <= log_.base().at.index || snap.members == log_.members_at(snap.at.index),
        "snapshot_at says what belongs into a snapshot");
  log_.compact(std::move(snap));
}

} // namespace troupe::raft
