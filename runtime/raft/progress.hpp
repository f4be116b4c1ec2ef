// What a leader knows of another member's log, be it a voter's or an observer's.
#pragma once

#include "runtime/raft/types.hpp"

#include <deque>

namespace troupe::raft {

struct progress {
  /// probe: one append at a time, until a match is found. replicate: appends are sent ahead of their answers.
  /// snapshot: its pieces go one at a time, and nothing else until the last one has been answered.
  enum class mode : std::uint8_t { probe, replicate, snapshot };

  disk_id disk;      // whose answers these are; all is forgotten when the node comes with another one
  log_index match;   // the last one known to be held durably
  log_index next{1}; // the next one to send
  mode sending = mode::probe;
  bool waiting = false;  // in probe: an append is under way
  log_index commit_sent; // the leader's commit index that an append has told
  bool active = false;   // heard of since the last check-quorum
  int silent_ticks = 0;  // since it was heard of

  /// In replicate: the appends without an answer yet, by their last entries.
  struct flight {
    log_index last;
    std::size_t size_bytes = 0;
  };
  std::deque<flight> in_flight;
  std::size_t in_flight_bytes = 0;

  raft::snapshot snap;           // in snapshot: the one that is being sent
  std::uint64_t snap_offset = 0; // of the piece that is under way
  int snap_ticks = 0;            // since that was sent

  void fly(log_index last, std::size_t size_bytes) {
    in_flight.push_back({last, size_bytes});
    in_flight_bytes += size_bytes;
  }
  void land(log_index up_to) {
    while (!in_flight.empty() && in_flight.front().last <= up_to)
      forget_oldest_flight();
  }
  void forget_oldest_flight() {
    in_flight_bytes -= in_flight.front().size_bytes;
    in_flight.pop_front();
  }
  void become_probe(log_index from) {
    sending = mode::probe;
    next = from;
    waiting = false;
    in_flight.clear();
    in_flight_bytes = 0;
    snap = {};
  }
  void become_replicate() {
    become_probe(match + 1);
    sending = mode::replicate;
  }
};

} // namespace troupe::raft
