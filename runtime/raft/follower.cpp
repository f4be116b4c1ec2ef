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
  attempts_ = 0;
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

/// Gathers the pieces; those of another leader may be cut differently.
void raft_core::on_snapshot_request(message&& m) {
  if (!m.piece || m.piece->size > snapshot_max_bytes)
    return;
  auto& piece = *m.piece;
  if (piece.at.index > state_.commit && log_.has(piece.at))
    commit_to(piece.at.index);
  if (piece.at.index <= state_.commit)
    return accept(m, state_.commit);
  if (!incoming_ || !(incoming_->at == piece.at))
    incoming_ = incoming_snapshot{piece.at, {}};
  auto& state = incoming_->state;
  if (piece.offset == state.size() && piece.offset <= piece.size && piece.data.size() <= piece.size - piece.offset)
    state.insert(state.end(), piece.data.data(), piece.data.data() + piece.data.size());
  if (state.size() != piece.size) {
    auto reply = letter(message_type::snapshot_reply, m.from);
    reply.log = piece.at;
    reply.offset = state.size();
    outbox_.push_back(std::move(reply));
    return;
  }
  install({piece.at, bytes::copy_of({state.data(), state.size()}), std::move(piece.members)});
  accept(m, state_.commit);
}

void raft_core::install(snapshot snap) {
  incoming_.reset();
  members_assumed_ = false;
  log_.install(snap);
  commit_to(snap.at.index);
  install_ = std::move(snap);
}

} // namespace troupe::raft
