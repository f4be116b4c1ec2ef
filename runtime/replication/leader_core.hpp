// What a partition's leader decides: how far consumers may read, and when a producer is answered. Pure; it
// sits on the produce path, so that a call allocates nothing once its buffers have grown.
//
// Every input returns its effects in the order in which they are to be carried out: the high watermark moves
// first, so that whoever gets an acknowledgement finds the record readable; then producers are answered, in
// the order of their appends; then waiting fetches are woken.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/replication/offset_heap.hpp"
#include "runtime/replication/parked_queue.hpp"

#include <cstdint>
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
  };
  kind what;
  errc code = errc::none;
  token who = 0;
  offset at;
};

/// Valid until the next call to the core that returned them.
using effects = std::span<const effect>;

struct leader_start {
  node_id self;
  leader_epoch epoch;
  std::vector<node_id> replicas;        // all, `self` among them
  std::vector<node_id> isr;             // those in sync, `self` among them
  std::int32_t min_insync_replicas = 1; // counts as the number of replicas if it is more
  offset log_end;                       // of this node's log, all of it durable after recovery
  offset high_watermark;                // a lower bound that is already known: 0, or a checkpoint
};

class leader_core {
public:
  explicit leader_core(leader_start start);

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

  /// A follower's log is durable up to `end`.
  effects follower_durable(node_id follower, offset end);

  /// The in-sync set or the minimum changed (by the controller). With fewer in sync than the minimum the high
  /// watermark stands still (KIP-966), and who waits for all of them is told not_enough_replicas.
  effects change_in_sync_set(const std::vector<node_id>& isr, std::int32_t min_insync_replicas);

  /// Wakes `who` once, when the high watermark is above `at`. Only for `at` >= high_watermark(): else there
  /// is something to read already.
  waiter wait_for(offset at, token who);
  /// The fetch does not wait any more. Nothing happens if it was woken before.
  void stop_waiting(waiter fetch);

  /// The log start moved: whoever waits looks again, as the records that he waits behind may be gone.
  effects log_start_moved();

  /// This node does not lead any more: everybody who waits is answered with `why` or woken.
  effects resign(errc why);

  leader_epoch epoch() const { return epoch_; }
  offset log_end() const { return log_end_; }
  offset durable_end() const { return durable_end_; }
  offset high_watermark() const { return high_watermark_; }
  std::size_t parked_produces() const { return wait_all_.size() + wait_leader_.size(); }
  std::size_t parked_fetches() const { return fetches_.size(); }

private:
  struct replica {
    node_id node;
    offset durable_end;
    bool in_sync;
  };
  bool below_minimum() const;
  replica* find(node_id node);
  void set_in_sync(const std::vector<node_id>& isr);
  void park(offset end, required_acks acks, token who);
  void advance();
  void answer_parked();
  void wake_all();

  node_id self_;
  leader_epoch epoch_;
  std::int32_t min_insync_replicas_;
  std::int32_t in_sync_count_ = 0;
  std::vector<replica> replicas_;
  offset log_end_;
  offset durable_end_;
  offset high_watermark_;
  parked_queue wait_all_;
  parked_queue wait_leader_;
  offset_heap fetches_;
  std::vector<effect> effects_;
};

} // namespace troupe::replication
