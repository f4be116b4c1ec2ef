// What followers and leaders of a partition say to each other, as bytes: the head of an envelope between nodes.
// Numbers are big-endian.
//
//   replica_fetch    version u8 = 1 | kind u8 = 1 | topic 16 B | partition i32 | leader epoch i32 | round u64 |
//                    follower i32 | broker epoch i64 | offset i64 | last epoch i32 | durable end i64 |
//                    high watermark i64 | log start i64
//   replica_records  version u8 = 1 | kind u8 = 2 | topic 16 B | partition i32 | leader epoch i32 | round u64 | code u8 |
//                    high watermark i64 | log start i64 | diverging epoch i32 | diverging end i64 | batches u32 |
//                    size u32
//   repair_fetch     version u8 = 1 | kind u8 = 3 | topic 16 B | partition i32 | leader epoch i32 | round u64 |
//                    offset i64 | end i64 | max bytes u32
//   repair_records   version u8 = 1 | kind u8 = 4 | topic 16 B | partition i32 | leader epoch i32 | round u64 | code u8 |
//                    batches u32 | size u32
//
// The batches themselves follow in the envelope's body: `batches` of them, `size` bytes in all, uncopied.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"
#include "runtime/replication/epochs.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace troupe::replication {

/// What one answer carries, unless its first batch alone is larger.
constexpr std::size_t records_max_bytes = 256 * limits::kib;

/// Follower to leader: I have this much, what comes next? The leader answers once there is something.
struct replica_fetch {
  topic_partition partition;
  leader_epoch epoch;        ///< the leadership that the follower knows of
  std::uint64_t round = 0;   ///< not 0; grows with every fetch of one life of the follower
  node_id follower;
  replication::broker_epoch broker_epoch; ///< the follower's
  offset from;               ///< its log end
  leader_epoch last_epoch = no_leader_epoch; ///< of its last record; -1: it has none
  offset durable_end;        ///< up to here its records are on disk
  offset high_watermark;     ///< as far as it knows
  offset log_start;

  friend bool operator==(const replica_fetch&, const replica_fetch&) = default;
};

/// The numbers are those on the wire.
enum class replica_code : std::uint8_t {
  none = 0,                 // records, or a new high watermark or log start
  diverged = 1,             // the follower's log is of another history behind the diverging end (KIP-595)
  offset_out_of_range = 2,  // the log begins behind what the follower has, or it asks beyond its end and has nothing
  fenced_leader_epoch = 3,  // the follower knows an older leadership
  unknown_leader_epoch = 4, // ... a newer one
  stale_broker_epoch = 5,   // the follower is of an earlier life of its node
  not_leader = 6,
  unknown_partition = 7,    // ... or the follower is no replica of it
  failed = 8,               // the leader cannot read its log
  malformed = 9,            // the fetch contradicts itself
  ask_again = 10,           // unasked (round 0): whoever waits for an answer of this leadership asks anew
  last_code = ask_again,
};

std::string_view name(replica_code code) noexcept;

/// Leader to follower.
struct replica_records {
  topic_partition partition;
  leader_epoch epoch;
  std::uint64_t round = 0; ///< that of the fetch; 0: nobody asked
  replica_code code = replica_code::none;
  offset high_watermark;
  offset log_start;
  epoch_end diverging; ///< with `diverged`: what the leader has up to the follower's last epoch
  std::uint32_t batches = 0;
  std::uint32_t size_bytes = 0;

  friend bool operator==(const replica_records&, const replica_records&) = default;
};

/// One replica to another, whatever their roles: what I had from here to there cannot be read any more.
struct repair_fetch {
  topic_partition partition;
  leader_epoch epoch;      ///< as far as it knows; means nothing else
  std::uint64_t round = 0; ///< not 0; comes back
  offset from;
  offset end;                  ///< behind what is wanted
  std::uint32_t max_bytes = 0; ///< unless the first batch alone is larger

  friend bool operator==(const repair_fetch&, const repair_fetch&) = default;
};

/// The answer: the first of these batches, or `failed`.
struct repair_records {
  topic_partition partition;
  leader_epoch epoch;
  std::uint64_t round = 0;
  replica_code code = replica_code::none;
  std::uint32_t batches = 0;
  std::uint32_t size_bytes = 0;

  friend bool operator==(const repair_records&, const repair_records&) = default;
};

using replica_message = std::variant<replica_fetch, replica_records, repair_fetch, repair_records>;

bytes encode(const replica_fetch& message);
bytes encode(const replica_records& message);
bytes encode(const repair_fetch& message);
bytes encode(const repair_records& message);

/// `body_size`: of the envelope's body, which must be as long as the head says. Errors: unsupported_version,
/// end_of_input, malformed.
result<replica_message> decode(std::string_view head, std::size_t body_size);

} // namespace troupe::replication
