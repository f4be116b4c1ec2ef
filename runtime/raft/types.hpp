// The nouns of the consensus core: what is stored, what is sent. See the Raft paper and thesis (Ongaro,
// 2014).
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::raft {

/// Counts the elections that a node has seen; the first leader has term 1.
using term = named<struct term_tag, std::uint64_t>;
/// The position of an entry in the log; the first is 1, and 0 stands for "before the first".
using log_index = named<struct log_index_tag, std::uint64_t>;
/// Drawn at random when a member's directory is made. A node whose disk was lost comes back with another one,
/// and has none of the rights of the one before: it has forgotten what that one promised.
using disk_id = named<struct disk_id_tag, std::uint64_t>;

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

struct voter {
  node_id node = no_node;
  disk_id disk;

  friend bool operator==(const voter&, const voter&) = default;
};

/// Who votes. Changes by one voter at a time, so that the majorities before and after have a node in common
/// (thesis, 4.1).
struct membership {
  std::vector<voter> voters; // in the order of their nodes, each node once
  /// Voters that lost their disk. They vote again as soon as their new one has caught up.
  std::vector<node_id> awaited;

  /// Nothing is known of the members: so a node begins that has not been told yet.
  bool empty() const { return voters.empty(); }
  bool has(node_id node) const { return find(node) != nullptr; }
  bool has(const voter& v) const {
    auto* found = find(v.node);
    return found && found->disk == v.disk;
  }
  const voter* find(node_id node) const {
    for (auto& v : voters)
      if (v.node == node)
        return &v;
    return nullptr;
  }
  std::size_t quorum() const { return voters.size() / 2 + 1; }

  friend bool operator==(const membership&, const membership&) = default;
};

enum class entry_kind : std::uint8_t {
  data = 0,    // for the state machine; an empty payload was written by a new leader: nothing to apply
  members = 1, // the payload is a membership (membership.hpp), in force from when it is appended
};

struct entry {
  position at;
  bytes payload;
  entry_kind kind = entry_kind::data;

  friend bool operator==(const entry&, const entry&) = default;
};

/// The state machine's whole state and the members after the entry at `at`. Position {0, 0} means "no
/// snapshot"; with members it is what a group begins with.
struct snapshot {
  position at;
  bytes state;
  membership members;
};

/// A part of a snapshot on its way: so that a large one stops nothing else.
struct snapshot_piece {
  position at;
  membership members;
  std::uint64_t size = 0;   // of the whole state
  std::uint64_t offset = 0; // of this part in it
  bytes data;
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
  snapshot_request, // the leader no longer has what the receiver lacks; the last piece is answered by append_reply
  snapshot_reply,   // log: the snapshot that is being received; offset: the piece that is wanted next
  observe_request,  // I do not vote: send me what follows `log`
  observe_reply,    // ask `leader` instead
  timeout_now,      // the leader wants to be followed by the receiver (thesis, 3.10)
  last_type = timeout_now,
};

struct message {
  message_type type = message_type::heartbeat_reply;
  node_id from = no_node;
  node_id to = no_node;
  raft::term term;
  disk_id from_disk;
  disk_id to_disk; // of a vote request: whose vote counts
  position log;
  log_index commit;
  bool rejected = false;
  bool transfer = false; // of a vote request: the leader has asked for it
  bool blank = false;    // of observe messages: the sender has no log and has never voted
  node_id leader = no_node;
  log_index rejected_index; // in a rejected append_reply: the index that was asked for
  std::uint64_t offset = 0;
  std::vector<entry> entries;
  std::optional<snapshot_piece> piece;
  membership members; // in observe messages of a blank node: whom it knows of
};

enum class role : std::uint8_t { follower, pre_candidate, candidate, leader };

/// A follower takes no larger state than this.
constexpr std::uint64_t snapshot_max_bytes = limits::gib / 2;
constexpr std::size_t voters_max = 15;

} // namespace troupe::raft
