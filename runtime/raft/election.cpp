// Every change of role. The legal ones:
//
//   follower       -> pre_candidate   nothing heard of a leader for an election timeout
//   pre_candidate  -> candidate       a majority would vote for this node: only now does the term grow
//   (thesis, 9.6) pre_candidate  -> pre_candidate   another timeout without an outcome pre_candidate  ->
//   follower        a leader of this term speaks, a newer term is seen, or a majority refuses candidate ->
//   leader          a majority has voted for this node candidate      -> pre_candidate   a timeout without an
//   outcome candidate      -> follower        a leader of this term speaks, a newer term is seen, or a
//   majority refuses leader         -> follower        a newer term is seen, or no majority was heard of for
//   an election timeout follower       -> follower        a leader is heard of, or a newer term is seen
//
// A lone voter goes from follower over candidate to leader when it starts. A term never goes back, and a
// vote, once given, stands for the rest of its term.
#include "runtime/base/check.hpp"
#include "runtime/raft/core.hpp"

#include <algorithm>

namespace troupe::raft {

void raft_core::reset_election_timer() {
  election_elapsed_ = 0;
  auto span = static_cast<std::uint64_t>(config_.election_ticks);
  election_timeout_ = config_.election_ticks + static_cast<int>(random_.below(span));
}

void raft_core::become_follower(term t, node_id leader) {
  CHECK(t >= state_.current, "a term never goes back");
  if (t > state_.current)
    state_.vote = no_node;
  state_.current = t;
  role_ = role::follower;
  leader_ = leader;
  votes_.clear();
  followers_.clear();
  reset_election_timer();
}

void raft_core::become_pre_candidate() {
  CHECK(role_ != role::leader);
  role_ = role::pre_candidate;
  leader_ = no_node;
  reset_election_timer();
  ask_for_votes(message_type::pre_vote_request, state_.current + 1);
}

void raft_core::become_candidate() {
  CHECK(role_ != role::leader);
  role_ = role::candidate;
  leader_ = no_node;
  ++state_.current;
  state_.vote = config_.self;
  reset_election_timer();
  ask_for_votes(message_type::vote_request, state_.current);
}

void raft_core::become_leader() {
  CHECK(role_ == role::candidate && state_.vote == config_.self);
  role_ = role::leader;
  leader_ = config_.self;
  votes_.clear();
  followers_.clear();
  election_elapsed_ = heartbeat_elapsed_ = 0;
  uncommitted_bytes_ = 0;
  for (auto node : config_.voters)
    followers_[node].next = log_.last_index() + 1;
  followers_[config_.self].match = log_.stable_index();
  // Only an entry of its own term tells a leader that what it inherited is committed (thesis, 3.6.2).
  append_own({});
}

void raft_core::ask_for_votes(message_type type, term t) {
  votes_ = {{config_.self, true}};
  for (auto node : config_.voters) {
    if (node == config_.self)
      continue;
    auto request = letter(type, node);
    request.term = t;
    request.log = log_.last();
    outbox_.push_back(std::move(request));
  }
}

bool raft_core::hears_a_leader() const {
  return leader_ != no_node && election_elapsed_ < config_.election_ticks;
}

void raft_core::on_vote_request(const message& m) {
  auto pre = m.type == message_type::pre_vote_request;
  auto free = state_.vote == m.from || (state_.vote == no_node && leader_ == no_node)
              || (pre && m.term > state_.current);
  auto granted = free && log_.is_covered_by(m.log);
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

void raft_core::on_vote_reply(const message& m) {
  auto pre = m.type == message_type::pre_vote_reply;
  if (role_ != (pre ? role::pre_candidate : role::candidate))
    return;
  // Consent to another round's term says nothing about this one.
  if (pre && !m.rejected && m.term != state_.current + 1)
    return;
  votes_.emplace(m.from, !m.rejected);
  auto granted = static_cast<std::size_t>(
      std::count_if(votes_.begin(), votes_.end(), [](auto& vote) { return vote.second; }));
  if (granted >= quorum()) {
    if (pre)
      become_candidate();
    else
      become_leader();
  } else if (votes_.size() - granted >= quorum()) {
    become_follower(state_.current, no_node);
  }
}

} // namespace troupe::raft
