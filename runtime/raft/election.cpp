// Every change of role. The legal ones:
//
//   follower       -> pre_candidate   nothing heard of a leader for an election timeout, or its end is known
//   follower       -> candidate       the leader wants to be followed by this node
//   pre_candidate  -> candidate       a majority would vote for this node: only now does the term grow (thesis, 9.6)
//   pre_candidate  -> pre_candidate   another timeout without an outcome, or somebody is there who was not when it asked
//   pre_candidate  -> follower        a leader of this term speaks, a newer term is seen, a majority refuses, or another
//                                     one asks that goes first
//   candidate      -> leader          a majority has voted for this node
//   candidate      -> pre_candidate   a timeout without an outcome
//   candidate      -> follower        a leader of this term speaks, a newer term is seen, or a majority refuses
//   leader         -> follower        a newer term is seen, no majority was heard of for an election timeout, or its
//                                     own removal from the members is committed
//   follower       -> follower        a leader is heard of, or a newer term is seen
//
// A lone voter goes from follower over candidate to leader when it starts. A term never goes back, and a
// vote, once given, stands for the rest of its term. Observers are followers and stay so.
#include "runtime/base/check.hpp"
#include "runtime/raft/core.hpp"
#include "runtime/raft/membership.hpp"

#include <algorithm>

namespace troupe::raft {

/// How long to wait at least, in ticks, until the next attempt at an election.
int raft_core::patience() const {
  if (config_.retry_ticks == 0)
    return config_.election_ticks;
  return std::min(config_.election_ticks, config_.retry_ticks << std::min(attempts_, 16));
}

void raft_core::reset_election_timer(int span) {
  election_elapsed_ = 0;
  election_timeout_ = span + static_cast<int>(random_.below(static_cast<std::uint64_t>(span)));
}

void raft_core::become_follower(term t, node_id leader) {
  CHECK(t >= state_.current, "a term never goes back");
  if (t > state_.current)
    state_.vote = no_node;
  state_.current = t;
  role_ = role::follower;
  leader_ = leader;
  successor_ = no_node;
  votes_.clear();
  followers_.clear();
  incoming_.reset();
  reset_election_timer(config_.election_ticks);
}

void raft_core::become_pre_candidate() {
  CHECK(role_ != role::leader);
  role_ = role::pre_candidate;
  leader_ = no_node;
  reset_election_timer(patience());
  ++attempts_;
  ask_for_votes(message_type::pre_vote_request, state_.current + 1, false);
}

void raft_core::become_candidate(bool transfer) {
  CHECK(role_ != role::leader);
  role_ = role::candidate;
  leader_ = no_node;
  ++state_.current;
  state_.vote = config_.self;
  reset_election_timer(patience());
  ask_for_votes(message_type::vote_request, state_.current, transfer);
}

void raft_core::become_leader() {
  CHECK(role_ == role::candidate && state_.vote == config_.self);
  role_ = role::leader;
  leader_ = config_.self;
  votes_.clear();
  followers_.clear();
  election_elapsed_ = heartbeat_elapsed_ = 0;
  uncommitted_bytes_ = 0;
  meet_voters();
  // Only an entry of its own term tells a leader that what it inherited is committed (thesis, 3.6.2).
  auto assumed = std::exchange(members_assumed_, false);
  if (assumed || log_.members_index() == log_index{})
    append_own(encode(members()), entry_kind::members); // what the group began with is written down
  else
    append_own({}, entry_kind::data);
}

/// Also a node whose removal is not known to be committed: it may never be (thesis, 4.2.2).
bool raft_core::may_campaign() const {
  return votes() || (log_.members_index() > state_.commit && log_.members_at(state_.commit).has(myself()));
}

void raft_core::tick_follower() {
  if (!may_campaign())
    tick_observer();
  else if (++election_elapsed_ >= election_timeout_)
    become_pre_candidate();
}

void raft_core::lost(node_id node) {
  if (role_ == role::follower && leader_ == node)
    leader_ = no_node;
}

void raft_core::campaign() {
  if ((role_ != role::follower && role_ != role::pre_candidate) || leader_ != no_node || !may_campaign())
    return;
  attempts_ = 0;
  become_pre_candidate();
}

void raft_core::ask_for_votes(message_type type, term t, bool transfer) {
  votes_ = {{config_.self, true}};
  for (auto& v : members().voters) {
    if (v.node == config_.self)
      continue;
    auto request = letter(type, v.node);
    request.term = t;
    request.to_disk = v.disk;
    request.log = log_.last();
    request.transfer = transfer;
    outbox_.push_back(std::move(request));
  }
  count_votes();
}

bool raft_core::hears_a_leader() const {
  return leader_ != no_node && election_elapsed_ < config_.election_ticks;
}

/// Whether this node is a member in its own eyes does not matter: its log may not say so yet (thesis, 4.2.2).
void raft_core::on_vote_request(const message& m) {
  auto pre = m.type == message_type::pre_vote_request;
  auto free = state_.vote == m.from || (state_.vote == no_node && leader_ == no_node)
              || (pre && m.term > state_.current);
  auto granted = free && log_.is_covered_by(m.log);
  if (granted && pre && role_ == role::pre_candidate)
    granted = gives_way_to(m);
  auto reply = letter(pre ? message_type::pre_vote_reply : message_type::vote_reply, m.from);
  reply.rejected = !granted;
  if (granted && pre)
    reply.term = m.term;
  if (granted && !pre) {
    state_.vote = m.from;
    election_elapsed_ = 0;
  }
  outbox_.push_back(std::move(reply));
}

/// Of two that ask at the same time, one waits, so that they do not become candidates together and split the votes.
bool raft_core::gives_way_to(const message& m) {
  if (m.log == log_.last() && m.from > config_.self)
    return false;
  become_follower(state_.current, no_node);
  return true;
}

void raft_core::on_vote_reply(const message& m) {
  auto pre = m.type == message_type::pre_vote_reply;
  if (role_ != (pre ? role::pre_candidate : role::candidate))
    return;
  // Consent to another round's term says nothing about this one.
  if (pre && !m.rejected && m.term != state_.current + 1)
    return;
  if (!members().has(voter{m.from, m.from_disk}))
    return;
  votes_.emplace(m.from, !m.rejected);
  count_votes();
}

void raft_core::count_votes() {
  std::size_t granted = 0, refused = 0;
  for (auto& v : members().voters)
    if (auto vote = votes_.find(v.node); vote != votes_.end())
      ++(vote->second ? granted : refused);
  if (refused >= members().quorum())
    become_follower(state_.current, no_node);
  else if (granted < members().quorum())
    return;
  else if (role_ == role::pre_candidate)
    become_candidate(false);
  else
    become_leader();
}

} // namespace troupe::raft
