// What a leader knows of one voter's log.
#pragma once

#include "runtime/raft/types.hpp"

namespace troupe::raft {

struct progress {
  /// probe: one append at a time, until a match is found. replicate: appends are sent ahead of their answers.
  /// snapshot: nothing is sent until the snapshot has been answered or has been given up.
  enum class mode : std::uint8_t { probe, replicate, snapshot };

  log_index match;   // the last one known to be held durably
  log_index next{1}; // the next one to send
  mode sending = mode::probe;
  bool waiting = false;     // in probe: an append is under way
  log_index commit_sent;    // the leader's commit index that an append has told
  int in_flight = 0;        // in replicate: appends without an answer yet
  log_index snapshot_index; // in snapshot: the one that was sent
  int silent_ticks = 0;     // in snapshot: since it was sent
  bool active = false;      // heard of since the last check-quorum
};

/// The appends that a leader sends to one follower ahead of the answers.
constexpr int appends_in_flight_max = 64;

} // namespace troupe::raft
