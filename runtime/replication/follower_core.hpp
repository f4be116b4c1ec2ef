// What a follower of a partition decides: when to ask the leader, whether to believe the answer, what to cut off its log.
// Pure; its owner carries out the effects in their order and tells what came of them.
//
//   waiting    -> fetching     there is a connection, and all of the log is on disk
//   fetching   -> storing      records came
//   fetching   -> truncating   the log is of another history from some offset on, or begins too early
//   fetching   -> resting      a refusal, or an answer that cannot be true
//   fetching   -> fetching     nothing but a new high watermark or log start; or the leader began anew
//   storing    -> fetching     they are on disk: the next fetch says so
//   truncating -> fetching     it is done, durably
//   resting    -> fetching     some time has passed
//   storing, fetching -> resting  it is throttled
//   any        -> waiting      the connection is lost (what is being stored or cut is finished first)
//   any        -> stopped
//
// A log is cut by comparison of epochs only (KIP-101, KIP-279, KIP-595), never to the high watermark. Every fetch has a
// round of its own, and only its own answer counts: what an earlier connection or leadership still brings is ignored.
#pragma once

#include "runtime/base/random.hpp"
#include "runtime/base/types.hpp"
#include "runtime/replication/epochs.hpp"
#include "runtime/replication/replica_messages.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace troupe::replication {

struct follower_start {
  topic_partition partition;
  node_id self;
  replication::broker_epoch broker_epoch;
  leader_epoch epoch; ///< the leadership to follow
  offset log_start;
  offset log_end;
  offset durable_end;
  leader_epoch last_epoch = no_leader_epoch; ///< of the last record; -1: the log has none
  offset high_watermark; ///< as far as it is known
  /// Larger than that of any fetch that this node has sent for this partition, also in its earlier lives: a clock's time.
  std::uint64_t first_round = 1;
  bool connected = false;
  bool gaps_allowed = false;    ///< compaction leaves them
  std::int64_t repeat_ms = 0;   ///< ask again if no answer has come for so long; 0: never, connections tell of losses
  std::uint64_t seed = 1;       ///< of the pauses
};

enum class follower_state : std::uint8_t { waiting, fetching, storing, truncating, resting, stopped };

struct follower_effect {
  enum class kind : std::uint8_t {
    fetch,          // send fetch() to the leader
    append,         // append the batches that came with the answer; tell `durable`
    truncate,       // drop everything at and behind `at`, durably; tell `truncated`
    begin_at,       // drop everything: the log begins and ends at `at`; tell `truncated`
    high_watermark, // it is `at`
    log_start,      // everything below `at` may go; tell `log_start_durable`
    ask_again_at,   // call `tick` at wake_at_ms()
    // For people:
    loses_committed, // what is cut off reaches below the high watermark, down to `at`: an unclean election, or worse
    refused_answer,  // the answer cannot be true: complaint() says why
  };
  kind what;
  offset at;
};

using follower_effects = std::span<const follower_effect>;

/// A batch that came, as its header has it; its checksum has been verified.
struct batch_extent {
  offset base;
  offset last;
  leader_epoch epoch;
};

class follower_core {
public:
  static constexpr std::int64_t first_pause_ms = 20;
  static constexpr std::int64_t longest_pause_ms = 1000;

  explicit follower_core(follower_start start) : know_(start), random_(start.seed), round_(start.first_round) {}

  /// To be called once.
  follower_effects begin(std::int64_t now_ms);
  /// A connection to the leader came, or the one there was is lost.
  follower_effects connected(bool is, std::int64_t now_ms);
  /// `own`: what this log has up to the answer's diverging epoch, and where that ends; looked at only if it diverged.
  follower_effects answered(const replica_records& answer, std::span<const batch_extent> batches, epoch_end own,
                            std::int64_t now_ms);
  /// The answer's batches cannot be read: their checksum is wrong, say.
  follower_effects unreadable(const replica_records& answer, std::int64_t now_ms);
  /// Everything below `end` is on disk.
  follower_effects durable(offset end, std::int64_t now_ms);
  /// What lies below will not come back, whatever happens: the leader hears of it at once.
  follower_effects log_start_durable(offset at, std::int64_t now_ms);
  /// An order to truncate or to begin anew was carried out. `end` may be lower than ordered: batches are kept whole.
  follower_effects truncated(offset end, leader_epoch last_epoch, std::int64_t now_ms);
  follower_effects tick(std::int64_t now_ms);
  /// The next fetch is not sent before that time: this replica is throttled (KIP-73).
  void hold(std::int64_t until_ms) { held_until_ms_ = until_ms; }
  /// ... but at that one at the latest.
  follower_effects release(std::int64_t until_ms, std::int64_t now_ms);
  /// Nothing more will come of it.
  void stop() { state_ = follower_state::stopped; }

  /// Whether it answers the fetch that is under way: the batches of other answers need not be looked into.
  bool expects(const replica_records& answer) const;
  /// What is to be sent.
  replica_fetch fetch() const;
  follower_state state() const { return state_; }
  leader_epoch epoch() const { return know_.epoch; }
  offset log_end() const { return know_.log_end; }
  offset high_watermark() const { return know_.high_watermark; }
  /// Of the newest fetch.
  std::uint64_t round() const { return round_; }
  std::int64_t wake_at_ms() const { return wake_at_ms_; }
  const char* complaint() const { return complaint_; }

private:
  void go_on(std::int64_t now_ms);
  void rest(std::int64_t now_ms);
  void refuse(const char* complaint, std::int64_t now_ms);
  void take_records(const replica_records& answer, std::span<const batch_extent> batches, std::int64_t now_ms);
  void take_marks(const replica_records& answer);
  void take_log_start(const replica_records& answer);
  void want_log_start();
  void cut(const replica_records& answer, epoch_end own, std::int64_t now_ms);
  void begin_anew(const replica_records& answer, std::int64_t now_ms);
  void order_cut(follower_effect::kind what, offset at);
  const char* find_fault(std::span<const batch_extent> batches) const;
  void emit(follower_effect::kind what, offset at = {}) { effects_.push_back({what, at}); }

  follower_start know_; ///< kept up to date
  offset log_start_wanted_; ///< the leader's
  random_source random_;
  follower_state state_ = follower_state::waiting;
  std::uint64_t round_;
  std::int64_t pause_ms_ = 0;
  std::int64_t wake_at_ms_ = 0;
  std::int64_t held_until_ms_ = 0;
  const char* complaint_ = "";
  std::vector<follower_effect> effects_;
};

} // namespace troupe::replication
