// The nouns of the consensus core: what is stored, what is sent. See the Raft paper and thesis (Ongaro,
// 2014).
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::raft {

/// Counts the elections that a node has seen; the first leader has term 1.
using term = named<struct term_tag, std::uint64_t>;
/// The position of an entry in the log; the first is 1, and 0 stands for "before the first".
using log_index = named<struct log_index_tag, std::uint64_t>;

constexpr node_id no_node{-1};

/// What a node must remember across restarts, besides its entries and its snapshot.
struct hard_state {
  term current;
  node_id vote = no_node; // whom this node has voted for in `current`
  log_index commit;       // may lag behind the truth: it is only a hint for a quicker start

  friend bool operator==(const hard_state&, const hard_state&) = default;
};

/// Names one entry: two logs that share a position are the same up to it.
struct position {
  raft::term term;
  log_index index;

  friend bool operator==(const position&, const position&) = default;
};

struct entry {
  position at;
  bytes payload; // empty: written by a new leader to commit what it inherited; nothing to apply

  friend bool operator==(const entry&, const entry&) = default;
};

/// The state machine's whole state after the entry at `at`; position {0, 0} means "no snapshot".
struct snapshot {
  position at;
  bytes state;
};

enum class message_type : std::uint8_t {
  pre_vote_request,  // would you vote for me in `term`?       log: the sender's last entry
  pre_vote_reply,    // rejected or not
  vote_request,      // vote for me in `term`                  log: the sender's last entry
  vote_reply,        // rejected or not
  append_request,    // entries that follow `log`, and how far the leader has committed
  append_reply,      // accepted: log.index is the last one held. Rejected: log is the newest that might match
  heartbeat_request, // `commit` is no more than what the receiver is known to hold
  heartbeat_reply,
  snapshot_request, // the leader no longer has what the receiver lacks; answered by append_reply
};

struct message {
  message_type type;
  node_id from = no_node;
  node_id to = no_node;
  raft::term term;
  position log;
  log_index commit;
  bool rejected = false;
  log_index rejected_index; // in a rejected append_reply: the index that was asked for
  std::vector<entry> entries;
  std::optional<raft::snapshot> snap;
};

enum class role : std::uint8_t { follower, pre_candidate, candidate, leader };

} // namespace troupe::raft
