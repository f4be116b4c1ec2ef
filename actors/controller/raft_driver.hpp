// Drives the consensus core: detached, persists what the core wants persisted BEFORE anything that depends on
// it goes out. If its log cannot be written, it ends with an error, and the node with it.
//
// With a peer gate it talks to the other voters and observers; without one it is alone, and no time passes for it.
#pragma once

#include "actors/controller/raft_messages.hpp"
#include "actors/controller/raft_storage.hpp"
#include "runtime/base/random.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>

namespace troupe {

class raft_driver_state {
public:
  static inline const char* name = "raft_driver";

  explicit raft_driver_state(raft_driver_actor::pointer self) : self_(self) {}

  void start(raft_start from, peer_gate_actor gate);
  void listen(const raft_listener& message);
  void propose(raft_proposal& message);
  void compact(const snapshot_taken& message);
  void subscribe(const quorum_subscription& message);
  void change(const quorum_change& message);
  void describe(const quorum_question& message);
  void hand_over_leadership();
  void on_peer(const peer_received& message);
  void on_peer_status(const peer_status& status);
  void campaign();
  void tick();
  void run();
  void seal_when_idle();
  void stop(const caf::error& reason);

private:
  void arm();
  std::chrono::milliseconds campaign_wait();
  void expect_idleness();
  void wait_for_room(const error& why, bool is_known);
  result<void> seal();
  result<void> save(const raft::hard_state& state);
  result<void> persist(const raft::ready& work);
  void send_all(const std::vector<raft::message>& messages);
  void hand_over(raft::ready& work);
  void answer_changes(const raft::ready& work);
  quorum_leader who_leads() const;
  void tell_subscribers();
  void announce_leadership();
  void die(const error& why);

  raft_driver_actor::pointer self_;
  std::unique_ptr<storage::durable_log> log_;
  std::optional<raft::raft_core> core_;
  peer_gate_actor gate_; ///< null: alone
  node_id node_;
  random_source random_{0};
  std::map<node_id, peer_status> peers_; ///< the latest of each
  std::vector<quorum_subscriber> subscribers_;
  raft::disk_id disk_;
  raft::snapshot newest_;
  raft::hard_state saved_;             ///< what is on disk
  std::optional<raft::ready> unsaved_; ///< what the disk had no room for
  bool awaited_vote_ = false; ///< as the subscribers were told
  bool announced_ = false;
  raft::term leading_since_; ///< the term whose first entry is awaited before leadership is announced
  struct parked_change {
    raft::position at;
    quorum_change asked;
  };
  std::vector<parked_change> changes_; ///< of the members, not committed yet
  raft::position handed_over_;    ///< the last entry that the controller was given
  raft::log_index lead_again_at_; ///< after a refused proposal: this one must have been handed over first
  controller_internal controller_;
  bool armed_ = false;
  bool appended_ = false; ///< since the last look whether nothing happens
  bool idle_check_armed_ = false;
};

raft_driver_actor::behavior_type raft_driver(raft_driver_actor::stateful_pointer<raft_driver_state> self,
                                             std::shared_ptr<raft_start> from, peer_gate_actor gate);

} // namespace troupe
