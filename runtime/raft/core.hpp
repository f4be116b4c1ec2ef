// One member of a Raft quorum, or an observer of it, as a pure state machine: no I/O, no clock, no thread.
//
// The driver's loop, one round at a time:
//
//   core.tick() / core.step(message) / core.propose(payload) ...  any number of times
//   if (core.has_ready()) {
//     auto work = core.take_ready();
//     send work.early
//     persist work.state, work.install, work.entries               all of it durable, BEFORE anything below
//     send work.messages; apply work.install, then work.committed
//     core.advance();                                              tells the core that all this has happened
//   }
//
// Inputs may go on arriving between take_ready and advance; what they cause is part of the next round, so
// that proposals that arrive while the disk is busy share one write.
//
// Who votes is written in the log. A group of several begins when all of `config::voters` have found each other
// with empty disks (observers.cpp); a node that is on its own in `config::voters` begins by itself. Whoever is not
// among the members is an observer: it gets everything and counts for nothing.
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
  disk_id disk;                // of this node, as stored beside its state
  /// With whom a new group begins; after that whom an observer asks first. None: whoever is met.
  std::vector<node_id> voters;
  int election_ticks = 10;     // silence of the leader before an election; each time 1 to 2 times as much
  int heartbeat_ticks = 1;     // less than election_ticks
  /// Of an election without an outcome, before the next one: 1 to 2 times as much, twice that the next time, and so
  /// on up to election_ticks. So is the first wait after a start. 0: election_ticks.
  int retry_ticks = 0;
  std::uint64_t seed = 1;                               // of the random election timeouts
  std::size_t append_max_bytes = 256 * limits::kib;     // of the payloads in one append_request
  std::size_t in_flight_max_bytes = 1 * limits::mib;    // of the appends to one member ahead of its answers
  std::size_t snapshot_piece_bytes = 256 * limits::kib;
  std::size_t uncommitted_max_bytes = 64 * limits::mib; // of the leader's proposals; beyond it: errc::busy
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

/// What a leader knows of another node.
struct member_progress {
  node_id node = no_node;
  bool votes = false;
  log_index match;      // what it holds durably
  int silent_ticks = 0; // since it was heard of
  disk_id disk{};
};

/// One round of work for the driver.
struct ready {
  /// To send at once: a leader's entries, which the others may store while this node does.
  std::vector<message> early;
  /// To persist first, if set. Its commit index covers only what earlier rounds have stored.
  std::optional<hard_state> state;
  /// To persist and to apply, if set: replaces the whole stored log and the state machine's state. First the
  /// snapshot is stored, then the log is removed. At index 0 it says only who the members of a new group are.
  std::optional<snapshot> install;
  /// To persist, after `install`. They replace every stored entry with the same or a higher index.
  std::vector<entry> entries;
  /// To send AFTER all of the above is durable.
  std::vector<message> messages;
  /// To apply in this order AFTER all of the above is durable, and after `install`.
  std::vector<entry> committed;
  /// Set when it changed. A new leader acts for its state machine only once the first entry of its own term
  /// has come through `committed`: until then it may not have applied what its predecessors committed.
  std::optional<leadership> changed;
};

class raft_core {
public:
  raft_core(config options, restored from);

  /// Time passes, in units that the driver chooses (50 ms say).
  void tick();
  /// A message from another node, sound as the codec leaves it. Stale terms are ignored.
  void step(message incoming);
  /// Appends to the log when this node leads. The proposal is committed when the entry at the returned
  /// position comes through `ready::committed`, and lost when another entry comes at that index. Errors:
  /// not_leader, busy (too much is uncommitted, or leadership is being handed over), invalid_argument (an empty payload).
  result<position> propose(bytes payload);

  /// Changes of the members, as entries of the log: in force at once, and done when committed. Errors: not_leader,
  /// busy (another change is not committed yet, nothing of this term is, or leadership is being handed over),
  /// already_exists, not_found (no such voter), invalid_argument. A new voter must be an observer that has everything
  /// committed (else: busy). A disk that is given must be the node's.
  result<position> add_voter(node_id node, disk_id disk = {});
  result<position> remove_voter(node_id node, disk_id disk = {});
  /// Makes another voter lead: `to`, or the one that has the most. Proposals are refused until it does, or an
  /// election timeout has passed. Errors: not_leader, busy, invalid_argument.
  result<void> transfer_leadership(node_id to = no_node);

  /// That node's process is known to have ended: nobody need wait for its silence to last.
  void lost(node_id node);
  /// That node is there: who was told no voters, and has no log that names them, asks it for the leader.
  void met(node_id node);
  /// Asks for votes now, if no leader is known and this node votes. Also if it has asked before: whoever could not be
  /// reached then has not heard it.
  void campaign();

  bool has_ready() const;
  /// Only when has_ready(), and only once before each advance().
  ready take_ready();
  /// The work that take_ready() gave is done.
  void advance();

  /// What is to be stored when the state machine's state after `at`, which has been applied, is `state`.
  snapshot snapshot_at(position at, bytes state) const;
  /// The driver has made a snapshot durable that covers the entries up to `at.index`, all of them applied.
  /// The core forgets them and sends `snap` to members that need older ones.
  void compact(snapshot snap);

  leadership current() const { return {role_, leader_, state_.current}; }
  bool is_leader() const { return role_ == role::leader; }
  bool is_handing_over() const { return successor_ != no_node; }
  log_index commit_index() const { return state_.commit; }
  log_index last_index() const { return log_.last_index(); }
  log_index first_index() const { return log_.first_index(); }
  const raft_log& log() const { return log_; }
  const membership& members() const { return log_.members(); }
  bool votes() const { return members().has(myself()); }
  /// This node is to vote, and as far as it knows the others have not agreed to it yet: it is new, or its disk is.
  bool awaits_vote() const;
  /// Of a leader: everybody else that it sends to, voters and observers.
  std::vector<member_progress> others() const;

private:
  // core.cpp: the inputs, the rounds
  bool enters_newer_term(const message& m);
  void answer_older_term(const message& m);
  void dispatch(message&& m);
  message letter(message_type type, node_id to) const;
  void commit_to(log_index index);
  void part_early(ready& work);
  void store_state(ready& work);
  voter myself() const { return {config_.self, config_.disk}; }

  // election.cpp: every change of role
  void become_follower(term t, node_id leader);
  void become_pre_candidate();
  void become_candidate(bool transfer);
  void become_leader();
  void reset_election_timer(int span);
  int patience() const;
  bool may_campaign() const;
  void tick_follower();
  void ask_for_votes(message_type type, term t, bool transfer);
  void on_vote_request(const message& m);
  bool gives_way_to(const message& m);
  void on_vote_reply(const message& m);
  void count_votes();
  bool hears_a_leader() const;

  // leader.cpp
  void tick_leader();
  void check_quorum();
  position append_own(bytes payload, entry_kind kind);
  void meet_voters();
  bool send_append(node_id to, bool even_without_news);
  void send_snapshot(node_id to, progress& p);
  void send_piece(node_id to, progress& p);
  void send_heartbeats();
  void broadcast_append();
  progress* hear(const message& m);
  void on_append_reply(const message& m);
  void on_accepted_append(const message& m, progress& p);
  void on_rejected_append(const message& m, progress& p);
  void on_heartbeat_reply(const message& m);
  void on_snapshot_reply(const message& m);
  void advance_commit();

  // members.cpp: changes of the members, handing leadership over
  result<void> may_change() const;
  position change_members(const membership& to);
  bool has_caught_up(const progress& p) const;
  void tend_members();
  void tick_transfer();
  void finish_transfer();
  node_id best_successor() const;
  void leave_if_removed();

  // observers.cpp: who does not vote, and how a group begins
  void tick_observer();
  bool is_blank() const;
  void ask_to_observe(node_id to);
  void on_observe_request(const message& m);
  void on_observe_reply(const message& m);
  void tick_observers_of_leader();
  membership founders() const;
  void hear_founder(const message& m);

  // follower.cpp
  void follow(message&& m);
  void on_append_request(message&& m);
  void on_snapshot_request(message&& m);
  void install(snapshot snap);
  void accept(const message& m, log_index up_to);

  config config_;
  random_source random_;
  raft_log log_;
  hard_state state_;
  role role_ = role::follower;
  node_id leader_ = no_node;
  bool members_assumed_ = false; // they are not written anywhere yet

  int election_elapsed_ = 0;
  int heartbeat_elapsed_ = 0;
  int election_timeout_ = 0;
  int attempts_ = 0; // at an election, since a leader was heard of

  std::map<node_id, bool> votes_;         // of a candidate: who answered, and how
  std::map<node_id, progress> followers_; // of a leader: everybody else that it sends to
  node_id successor_ = no_node;           // of a leader that hands over
  int transfer_ticks_ = 0;

  /// Of a blank node: what the others last said, each of itself and of all.
  struct founder {
    disk_id disk;
    membership sees;
  };
  std::map<node_id, founder> founders_;
  node_id hint_ = no_node;   // of an observer: who leads, as others say
  std::vector<node_id> met_; // of one that was told no voters: whom it may ask for them

  /// Of a follower: the snapshot that is coming in.
  struct incoming_snapshot {
    position at;
    std::vector<char> state;
  };
  std::optional<incoming_snapshot> incoming_;

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
