// Drives the consensus core: detached, persists what the core wants persisted BEFORE anything that depends on
// it goes out. If its log cannot be written, it ends with an error, and the node with it.
#pragma once

#include "actors/controller/raft_messages.hpp"
#include "runtime/raft/core.hpp"
#include "runtime/storage/durable_log.hpp"

#include <memory>
#include <optional>

namespace troupe {

/// The core and its log, as they were found on disk.
struct raft_start {
  std::unique_ptr<storage::durable_log> log;
  raft::config config;
  raft::restored restored;
};

class raft_driver_state {
public:
  static inline const char* name = "raft_driver";

  explicit raft_driver_state(raft_driver_actor::pointer self) : self_(self) {}

  void start(raft_start from);
  void listen(const raft_listener& message);
  void propose(raft_proposal& message);
  void compact(const snapshot_taken& message);
  void tick();
  void run();
  void seal_when_idle();
  void stop(const caf::error& reason);

private:
  void arm();
  void expect_idleness();
  void wait_for_room(const error& why, bool is_known);
  result<void> persist(const raft::ready& work);
  void hand_over(raft::ready& work);
  void announce_leadership();
  void die(const error& why);

  raft_driver_actor::pointer self_;
  std::unique_ptr<storage::durable_log> log_;
  std::optional<raft::raft_core> core_;
  raft::disk_id disk_;
  raft::snapshot newest_;
  raft::hard_state saved_;             ///< what is on disk, but for the commit index
  std::optional<raft::ready> unsaved_; ///< what the disk had no room for
  bool alone_ = false;                 ///< the only voter: no time needs to pass
  bool announced_ = false;
  raft::term leading_since_; ///< the term whose first entry is awaited before leadership is announced
  raft::term handed_over_;   ///< of the last entry that the controller was given
  controller_internal controller_;
  bool armed_ = false;
  bool appended_ = false; ///< since the last look whether nothing happens
  bool idle_check_armed_ = false;
};

raft_driver_actor::behavior_type raft_driver(raft_driver_actor::stateful_pointer<raft_driver_state> self,
                                             std::shared_ptr<raft_start> from);

/// Reads a node's part of the quorum from its directory.
result<raft_start> open_raft(storage::file_system& files, const std::string& directory, raft::config config);

} // namespace troupe
