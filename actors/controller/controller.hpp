// The controller: decides about topics, brokers and producer ids while this node leads the metadata quorum, replays what
// the quorum has committed, and hands every new image to the metadata cache.
#pragma once

#include "actors/controller/raft_messages.hpp"
#include "runtime/base/clock.hpp"

#include <deque>
#include <map>

namespace troupe {

struct controller_settings {
  metadata::controller_config config;
  raft_driver_actor raft;
  metadata_cache_actor cache;
  const clock_port* clock = nullptr; ///< outlives the actor
  /// Whether brokers have to say that they live: not where the only one is in this process.
  bool watches_brokers = false;
};

class controller_state {
public:
  static inline const char* name = "controller";

  explicit controller_state(controller_internal::pointer self) : self_(self) {}

  void start(controller_settings settings);
  void decide(controller_request& request);
  void restore(const raft_snapshot& message);
  void replay(const raft_committed& message);
  void lead(const raft_leadership& message);
  void on_process_ended(const process_ended& message);
  void on_heard(const node_heard& message);
  void on_watch_due(broker_watch_due message);
  void on_election_due();

private:
  struct parked_reply {
    bool has_entry = true; ///< false: it changes nothing itself, but may tell of changes that are not committed yet
    controller_client reply_to; ///< null: nobody asked
    controller_reply reply;
  };

  void replay(const raft::entry& entry);
  void release_replies();
  void refuse_parked(errc why);
  void take_snapshot_if_due();
  void decide_what_is_due();
  void decide_unasked(const metadata::command& what);
  void arm_watch();
  void arm_election();
  std::int64_t now_ms() const { return settings_.clock->monotonic_ns() / ns_per_ms; }
  void die(const error& why);

  controller_internal::pointer self_;
  controller_settings settings_;
  std::optional<metadata::controller_core> core_;
  /// Replies to decisions that are not committed yet, in the order of their proposals.
  std::deque<parked_reply> parked_;
  std::vector<controller_request> early_; ///< before the first word about leadership
  raft::position applied_;
  std::size_t replayed_bytes_ = 0; ///< since the last snapshot
  bool leading_ = false;
  bool told_ = false;
  /// The last process of each node that was seen to end; nothing: whichever there was before this node's time.
  std::map<node_id, std::optional<metadata::broker_incarnation>> ended_;
  std::map<node_id, std::int64_t> silent_since_ms_; ///< nodes whose connection was lost
  std::optional<std::int64_t> watch_at_ms_;         ///< the alarm that counts; others are ignored
  bool election_armed_ = false;
};

controller_internal::behavior_type controller(controller_internal::stateful_pointer<controller_state> self,
                                              controller_settings settings);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::controller_settings)
