// One member of a Raft quorum as a pure state machine: no I/O, no clock, no thread.
//
// The driver's loop, one round at a time:
//
//   core.tick() / core.step(message) / core.propose(payload)      any number of times
//   if (core.has_ready()) {
//     auto work = core.take_ready();
//     persist work.state, work.install, work.entries               all of it durable, BEFORE anything below
//     send work.messages; apply work.install, then work.committed
//     core.advance();                                              tells the core that all this has happened
//   }
//
// Inputs may go on arriving between take_ready and advance; what they cause is part of the next round, so
// that proposals that arrive while the disk is busy share one write.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/random.hpp"
#include "runtime/raft/log.hpp"
#include "runtime/raft/progress.hpp"
#include "runtime/raft/types.hpp"

#include <map>
#include <optional>
#include <vector>

namespace troupe::raft {

struct config {
  node_id self = no_node;
  std::vector<node_id> voters; // all members, `self` among them
  int election_ticks = 10;     // silence of the leader before an election; each time 1 to 2 times as much
  int heartbeat_ticks = 1;     // less than election_ticks
  std::uint64_t seed = 1;      // of the random election timeouts
  std::size_t append_max_bytes = 256 * 1024;            // of the payloads in one append_request
  std::size_t uncommitted_max_bytes = 64 * 1024 * 1024; // of the leader's proposals; beyond it: errc::busy
};

/// What the driver read from its disk; all empty on a fresh node.
struct restored {
  hard_state state;
  snapshot snap;
  std::vector<entry> entries; // without gap; those up to snap.at.index are ignored
};

/// Who leads, as this node sees it.
struct leadership {
  raft::role role = raft::role::follower;
  node_id leader = no_node;
  raft::term term;

  friend bool operator==(const leadership&, const leadership&) = default;
};

/// One round of work for the driver.
struct ready {
  /// To persist first, if set. Its commit index covers only what earlier rounds have stored.
  std::optional<hard_state> state;
  /// To persist and to apply, if set: replaces the whole stored log and the state machine's state. First the
  /// snapshot is stored, then the log is removed.
  std::optional<snapshot> install;
  /// To persist, after `install`. They replace every stored entry with the same or a higher index.
  std::vector<entry> entries;
  /// To send AFTER all of the above is durable.
  std::vector<message> messages;
  /// To apply in this order AFTER all of the above is durable, and after `install`.
  std::vector<entry> committed;
  /// Set when it changed. A new leader acts for its state machine only once the empty entry of its own term
  /// has come through `committed`: until then it may not have applied what its predecessors committed.
  std::optional<leadership> changed;
};

class raft_core {
public:
  raft_core(config options, restored from);

  /// Time passes, in units that the driver chooses (100 ms say).
  void tick();
  /// A message from another voter. Unknown senders and stale terms are ignored.
  void step(message incoming);
  /// Appends to the log when this node leads. The proposal is committed when the entry at the returned
  /// position comes through `ready::committed`, and lost when another entry comes at that index. Errors:
  /// not_leader, busy (too much is uncommitted), invalid_argument (an empty payload).
  result<position> propose(bytes payload);

  bool has_ready() const;
  /// Only when has_ready(), and only once before each advance().
  ready take_ready();
  /// The work that take_ready() gave is done.
  void advance();

  /// The driver has made a snapshot durable that covers the entries up to `at.index`, all of them applied.
  /// The core forgets them and sends `snap` to followers that need older ones.
  void compact(snapshot snap);

  leadership current() const { return {role_, leader_, state_.current}; }
  bool is_leader() const { return role_ == role::leader; }
  log_index commit_index() const { return state_.commit; }
  log_index last_index() const { return log_.last_index(); }
  log_index first_index() const { return log_.first_index(); }
  const raft_log& log() const { return log_; }

private:
  // core.cpp: the inputs, the rounds
  bool enters_newer_term(const message& m);
  void answer_older_term(const message& m);
  void dispatch(message&& m);
  message letter(message_type type, node_id to) const;
  void commit_to(log_index index);
  void store_state(ready& work);
  bool is_voter(node_id node) const;

  // election.cpp: every change of role
  void become_follower(term t, node_id leader);
  void become_pre_candidate();
  void become_candidate();
  void become_leader();
  void reset_election_timer();
  void ask_for_votes(message_type type, term t);
  void on_vote_request(const message& m);
  void on_vote_reply(const message& m);
  bool hears_a_leader() const;

  // leader.cpp
  void tick_leader();
  void check_quorum();
  position append_own(bytes payload);
  bool send_append(node_id to, bool even_without_news);
  void send_snapshot(node_id to, progress& p);
  void send_heartbeats();
  void broadcast_append();
  void on_append_reply(const message& m);
  void on_rejected_append(const message& m, progress& p);
  void on_heartbeat_reply(const message& m);
  void advance_commit();

  // follower.cpp
  void follow(message&& m);
  void on_append_request(message&& m);
  void on_snapshot_request(message&& m);
  void accept(const message& m, log_index up_to);

  std::size_t quorum() const { return config_.voters.size() / 2 + 1; }

  config config_;
  random_source random_;
  raft_log log_;
  hard_state state_;
  role role_ = role::follower;
  node_id leader_ = no_node;

  int election_elapsed_ = 0;
  int heartbeat_elapsed_ = 0;
  int election_timeout_ = 0;

  std::map<node_id, bool> votes_;         // of a candidate: who answered, and how
  std::map<node_id, progress> followers_; // of a leader: every voter, itself included

  std::size_t uncommitted_bytes_ = 0;

  std::vector<message> outbox_;
  std::optional<snapshot> install_;
  hard_state reported_state_;
  leadership reported_leadership_;
  struct round {
    position stable_to; // the last entry that the round persists, if any
    log_index applied_to;
  };
  std::optional<round> in_progress_;
};

} // namespace troupe::raft
