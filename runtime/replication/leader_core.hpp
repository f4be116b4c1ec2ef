// What a partition's leader decides: how far consumers may read, when a producer is answered, what followers get, and
// who is in sync. Pure; it sits on the produce path, so that a call allocates nothing once its buffers have grown.
//
// Every input returns its effects in the order in which they are to be carried out: the high watermark moves first, so
// that whoever gets an acknowledgement finds the record readable; then producers are answered, in the order of their
// appends; then waiting fetches of consumers are woken; then followers are answered; then the controller is asked.
//
// The rules (KIP-101, KIP-279, KIP-497, KIP-595, KIP-903, KIP-966):
//   - Followers get what is on disk here, and tell what is on disk there; both only count after a comparison of epochs
//     has shown that their log is a part of this one.
//   - The high watermark is the least durable end of all that may be in the in-sync set, as far as this leader can
//     tell: the committed set, eligible leader replicas, and whoever it has proposed to add, until a newer state rules
//     that out. It stands still while fewer than min.insync.replicas are in sync, and never goes back.
//   - Who left the in-sync set is often back in a moment, so that what was appended before waits for a while when fewer than
//     the minimum are in sync: it is acknowledged once enough of them have it. New records are refused before that.
//   - A replica joins the in-sync set once it has everything up to the high watermark and to the start of this leader's
//     epoch: what an earlier leader may have committed lies below one of both. And its log starts where this one does: what
//     was deleted stays so when it leads.
//   - A replica that has less on disk than it said in the same life does not count before its next life.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/replication/epochs.hpp"
#include "runtime/replication/offset_heap.hpp"
#include "runtime/replication/parked_queue.hpp"
#include "runtime/replication/replica_messages.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace troupe::replication {

/// Kafka's acks: whom a producer waits for.
enum class required_acks : std::int8_t {
  all = -1,  // every in-sync replica has the records on disk
  none = 0,  // nobody
  leader = 1 // the leader has them on disk
};

struct effect {
  enum class kind : std::uint8_t {
    high_watermark, // consumers may now read up to `at` (excluded)
    produce_done,   // answer the produce `who` with `code` (none: success; its records end at `at`)
    fetch_ready,    // look again whether the fetch `who` can be answered
    answer_replica, // answer(who) is for a follower
    propose_isr,    // ask the controller for proposal()
    lost_records,   // for people: the node `who` has its log only up to `at`, and had said that it has more on disk
  };
  kind what;
  errc code = errc::none;
  token who = 0;
  offset at;
};

/// Valid until the next call to the core that returned them.
using effects = std::span<const effect>;

/// An answer to a follower's fetch; with records if `until` is above `from`.
struct follower_answer {
  node_id to;
  std::uint64_t round = 0;
  replica_code code = replica_code::none;
  epoch_end diverging;
  offset from;
  offset until; ///< records that end at or below this one, at least one batch
};

struct leader_start {
  node_id self;
  leader_epoch epoch;
  std::vector<node_id> replicas;        // all, `self` among them
  std::vector<node_id> isr;             // those in sync, `self` among them
  std::int32_t min_insync_replicas = 1; // counts as the number of replicas if it is more
  offset log_end;                       // of this node's log
  offset high_watermark;                // a lower bound that is already known: 0, or what it knew as a follower
  std::optional<offset> durable_end;    // nothing: all of the log
  offset log_start;
  // What only matters with other replicas:
  std::vector<node_id> elr;
  replication::partition_epoch partition_epoch;
  broker_epoch self_epoch = no_broker_epoch;
  std::int64_t now_ms = 0;
  std::int64_t lag_max_ms = 30'000;         // replica.lag.time.max.ms
  std::int64_t proposal_patience_ms = 5000; // then the controller is asked again
  /// This node has led in the same epoch before and forgot it: a proposal of then may still be under way.
  bool resumes = false;
  std::uint64_t first_attempt = 0; // larger than that of any proposal of then
};

/// A broker as the metadata have it.
struct known_broker {
  node_id node;
  broker_epoch epoch;
  bool fenced = true;
};

class leader_core {
public:
  /// So long what was appended with acks=all waits below the minimum.
  static constexpr std::int64_t minimum_patience_ms = 1'000;

  explicit leader_core(leader_start start);

  // --- producers and consumers ---

  /// Whether a produce may be appended: none, or not_enough_replicas.
  errc admit(required_acks acks) const;

  /// Records were appended up to `end` (excluded), which is not durable yet. acks none leaves nothing behind:
  /// its producer gets no answer.
  void appended(offset end, required_acks acks, token who);

  /// A duplicate of records that lie below `end`: answered when they are as safe as `acks` wants, perhaps at
  /// once.
  effects repeated(offset end, required_acks acks, token who);

  /// This node's log is durable up to `end`.
  effects durable(offset end);

  /// Wakes `who` once, when the high watermark is above `at`. Only for `at` >= high_watermark(): else there
  /// is something to read already.
  waiter wait_for(offset at, token who);
  /// The fetch does not wait any more. Nothing happens if it was woken before.
  void stop_waiting(waiter fetch);

  /// The log start moved: whoever waits looks again, as the records that he waits behind may be gone.
  effects log_start_moved(offset log_start);

  /// This node does not lead any more: everybody who waits is answered with `why` or woken.
  effects resign(errc why);

  // --- followers ---

  /// `own`: what this node's log has up to the fetch's last epoch, and where that ends. The answer may come with a later
  /// input. A fetch that came before, or is older than one that did, gets none.
  effects fetched(const replica_fetch& fetch, epoch_end own, std::int64_t now_ms);
  /// The follower can't be reached any more: it will ask again.
  effects disconnected(node_id follower, std::int64_t now_ms);
  /// A follower that does not count for the high watermark gets nothing before that time: it is throttled
  /// (KIP-73).
  void hold(node_id follower, std::int64_t until_ms);
  bool may_hold(node_id follower) const;
  /// Whoever is held back is so until then at the most.
  effects release(std::int64_t until_ms, std::int64_t now_ms);
  /// Valid until the next call.
  const follower_answer& answer(token who) const { return answers_[static_cast<std::size_t>(who)]; }

  // --- who is in sync ---

  /// What is known of the brokers with replicas.
  effects brokers(std::span<const known_broker> known, std::int64_t now_ms);
  /// The metadata have a newer state of the partition, or min.insync.replicas changed; a state older than the newest that
  /// is known is ignored. With fewer in sync than the minimum the high watermark stands still (KIP-966); if that lasts, who
  /// waits for all of them is told not_enough_replicas_after_append.
  effects changed(const partition_state& state, std::int32_t min_insync_replicas, std::int64_t now_ms);
  /// The controller did what was proposed, and this is the state since.
  effects proposal_accepted(std::uint64_t attempt, const partition_state& state, std::int32_t min_insync_replicas,
                            std::int64_t now_ms);
  /// It was refused, or nobody knows what became of it. Even a refusal does not rule it out: the question may have been
  /// asked twice on its way. What rules it out is the next change that the controller does.
  effects proposal_failed(std::uint64_t attempt, std::int64_t now_ms);
  /// Time passes: to be called a few times in lag_max_ms, if there are other replicas.
  effects tick(std::int64_t now_ms);
  /// When `tick` is due, even if nothing else happens; nothing: not before something else does.
  std::optional<std::int64_t> next_tick_ms() const;
  /// The one that is under way.
  const isr_proposal& proposal() const { return proposal_; }

  leader_epoch epoch() const { return epoch_; }
  offset log_end() const { return log_end_; }
  offset durable_end() const { return durable_end_; }
  offset high_watermark() const { return high_watermark_; }
  /// Whether the high watermark is at least what an earlier leader may have shown: it has reached the start of this
  /// leader's epoch. Until then nobody is to be told where the log ends (KIP-207).
  bool settled() const { return !has_followers() || high_watermark_ >= epoch_start_; }
  bool has_followers() const { return replicas_.size() > 1; }
  /// f(node_id, offset): what each follower has on disk; no_offset: it has not said so in this leadership.
  template <class F>
  void for_each_follower(F&& f) const {
    for (auto& r : replicas_)
      if (r.node != self_)
        f(r.node, r.durable_end);
  }
  /// What lies below is gone for good: also from whoever may lead later.
  offset log_start_for_good() const;
  std::size_t in_sync_count() const { return static_cast<std::size_t>(in_sync_count_); }
  std::size_t parked_produces() const { return wait_all_.size() + wait_leader_.size(); }
  std::size_t parked_fetches() const { return fetches_.size(); }

private:
  struct replica {
    node_id node;
    offset durable_end = no_offset; // no_offset: not known in this leadership
    bool in_sync = false;
    bool eligible = false;   // an eligible leader replica
    bool proposed = false;   // to be added, and perhaps it is already
    bool parked = false;     // its fetch waits
    bool waited = false;     // ... and had to: it had everything
    bool fenced = true;
    broker_epoch registered = no_broker_epoch;
    broker_epoch epoch = no_broker_epoch;      // of its last fetch
    broker_epoch durable_epoch = no_broker_epoch; // the life in which it told durable_end
    broker_epoch distrusted = no_broker_epoch; // the life in which it lost records
    std::uint64_t round = 0;
    offset log_end;
    offset known_high_watermark;
    offset known_log_start; // durable there
    offset told_log_start;  // on this connection, since it began to ask
    std::int64_t caught_up_ms = 0;
    std::int64_t fetched_ms = 0;
    std::int64_t held_until_ms = 0;
    offset end_at_fetch; // this log's, at that time

    bool counts() const { return in_sync || eligible || proposed; }
  };

  void begin();
  bool below_minimum() const;
  bool gives_up() const;
  void judge_minimum();
  replica* find(node_id node);
  void park(offset end, required_acks acks, token who);
  void advance();
  void answer_parked();
  void wake_all();

  // leader_followers.cpp
  replica_code check(const replica_fetch& fetch, const replica* follower) const;
  replica_code compare(const replica_fetch& fetch, epoch_end own) const;
  void note(replica& follower, const replica_fetch& fetch, std::int64_t now_ms);
  void lower(replica& follower, offset durable_end, broker_epoch life);
  void reply(follower_answer answer);
  bool has_news_for(const replica& follower) const;
  bool is_held(const replica& follower) const;
  void answer_followers();

  // leader_in_sync.cpp
  void add_replicas(const std::vector<node_id>& replicas, std::int64_t now_ms);
  void adopt(const partition_state& state, std::int64_t now_ms);
  effects take(const partition_state& state, std::int32_t min_insync_replicas, std::int64_t now_ms);
  void settle_proposal(bool nobody_joined);
  bool is_lagging(const replica& r, std::int64_t now_ms) const;
  bool may_join(const replica& r, std::int64_t now_ms) const;
  bool belongs(const replica& r, std::int64_t now_ms) const;
  bool has_wishes(std::int64_t now_ms) const;
  bool propose(std::int64_t now_ms);
  void consider_proposal(std::int64_t now_ms);

  node_id self_;
  leader_epoch epoch_;
  broker_epoch self_epoch_;
  std::int32_t min_insync_replicas_;
  std::int32_t in_sync_count_ = 0;
  std::optional<std::int64_t> below_since_ms_; ///< since when fewer than the minimum have been in sync
  std::vector<replica> replicas_;
  std::size_t parked_followers_ = 0;
  offset log_start_;
  offset epoch_start_;
  offset log_end_;
  offset durable_end_;
  offset high_watermark_;
  parked_queue wait_all_;
  parked_queue wait_leader_;
  offset_heap fetches_;

  std::int64_t now_ms_; // as far as it has been told
  std::int64_t lag_max_ms_;
  std::int64_t proposal_patience_ms_;
  partition_epoch partition_epoch_;
  std::uint64_t first_attempt_;
  isr_proposal proposal_;
  bool proposal_under_way_ = false;
  bool proposal_forgotten_ = false; // one that changes partition_epoch_ may yet have an effect
  bool resumes_ = false;            // ... or one of before, that changes a state which is not known here
  std::int64_t propose_after_ms_ = 0;
  std::int64_t proposal_deadline_ms_ = 0;

  std::vector<effect> effects_;
  std::vector<follower_answer> answers_;
};

} // namespace troupe::replication
