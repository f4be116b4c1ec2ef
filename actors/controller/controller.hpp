// The controller: decides about topics, brokers and producer ids while this node leads the metadata quorum, replays what
// the quorum has committed, and hands every new image to the metadata cache.
#pragma once

#include "actors/controller/raft_messages.hpp"

#include <deque>

namespace troupe {

class controller_state {
public:
  static inline const char* name = "controller";

  explicit controller_state(controller_internal::pointer self) : self_(self) {}

  void start(metadata::controller_config config, raft_driver_actor raft, metadata_cache_actor cache);
  void decide(controller_request& request);
  void restore(const raft_snapshot& message);
  void replay(const raft_committed& message);
  void lead(const raft_leadership& message);

private:
  struct parked_reply {
    bool has_entry = true; ///< false: it changes nothing itself, but may tell of changes that are not committed yet
    controller_client reply_to;
    controller_reply reply;
  };

  void replay(const raft::entry& entry);
  void release_replies();
  void refuse_parked(errc why);
  void take_snapshot_if_due();
  void die(const error& why);

  controller_internal::pointer self_;
  std::optional<metadata::controller_core> core_;
  raft_driver_actor raft_;
  metadata_cache_actor cache_;
  /// Replies to decisions that are not committed yet, in the order of their proposals.
  std::deque<parked_reply> parked_;
  std::vector<controller_request> early_; ///< before the first word about leadership
  raft::position applied_;
  std::size_t replayed_bytes_ = 0; ///< since the last snapshot
  bool leading_ = false;
  bool told_ = false;
};

controller_internal::behavior_type controller(controller_internal::stateful_pointer<controller_state> self,
                                              metadata::controller_config config, raft_driver_actor raft,
                                              metadata_cache_actor cache);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::metadata::controller_config)
