// What a follower does with its leader's messages.
#include "runtime/raft/core.hpp"

#include <algorithm>

namespace troupe::raft {

/// `m` comes from the leader of the current term, for which a candidate gives up.
void raft_core::follow(message&& m) {
  if (role_ == role::leader)
    return; // two leaders in a term can't be: somebody makes this up
  if (role_ != role::follower || leader_ != m.from)
    become_follower(state_.current, m.from);
  election_elapsed_ = 0;
  switch (m.type) {
  case message_type::append_request:
    return on_append_request(std::move(m));
  case message_type::snapshot_request:
    return on_snapshot_request(std::move(m));
  default:
    commit_to(std::min(m.commit, log_.last_index()));
    outbox_.push_back(letter(message_type::heartbeat_reply, m.from));
  }
}

void raft_core::accept(const message& m, log_index up_to) {
  auto reply = letter(message_type::append_reply, m.from);
  reply.log = {state_.current, up_to};
  outbox_.push_back(std::move(reply));
}

void raft_core::on_append_request(message&& m) {
  if (m.log.index < state_.commit)
    return accept(m, state_.commit); // what is committed is the same everywhere
  if (log_.has(m.log)) {
    auto reached = log_.merge(std::move(m.entries), m.log.index);
    commit_to(std::min(m.commit, reached));
    return accept(m, reached);
  }
  auto reply = letter(message_type::append_reply, m.from);
  reply.rejected = true;
  reply.rejected_index = m.log.index;
  reply.log = log_.newest_up_to(m.log.index, m.log.term);
  outbox_.push_back(std::move(reply));
}

void raft_core::on_snapshot_request(message&& m) {
  if (!m.snap)
    return;
  auto at = m.snap->at;
  if (at.index > state_.commit) {
    if (!log_.has(at)) {
      log_.install(*m.snap);
      install_ = std::move(m.snap);
    }
    commit_to(at.index);
  }
  accept(m, state_.commit);
}

} // namespace troupe::raft
