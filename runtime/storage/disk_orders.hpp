// The orders that a partition log gives to those who do its I/O, and what they answer. Plain data, to be passed
// in messages: batches are shared, not copied.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/types.hpp"
#include "runtime/storage/log_types.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::storage {

// --- for the journal ---

/// A batch to be made durable; or, with an empty one, `flushed`: the batches from `base` on went straight to segments,
/// which end there.
struct journal_order {
  offset base;
  offset end; ///< behind its last record
  bytes batch;
  std::optional<segments_end> flushed;
};

// --- for the flusher (segment_store) ---

/// A segment that nothing more is written to: its padding is cut off.
struct finished_segment {
  offset base;
  std::uint64_t size_bytes = 0;
};

/// Writes batches behind the end of one segment, or removes segments, or both.
/// Order: write, sync, only then `checkpoint` counts; only once the checkpoint file is durable, remove files.
struct flush_request {
  topic_partition partition;
  std::optional<finished_segment> finished;
  offset segment_base;        ///< the file to write to
  std::uint64_t position = 0; ///< the segment's synced size: 0 makes the file
  bool creates_segment = false; ///< also without batches: an empty segment keeps the log's end when all is expired
  std::vector<bytes> batches; ///< in order; may be empty
  std::uint64_t size_bytes = 0;
  std::vector<index_entry> index;
  std::vector<offset> removed; ///< base offsets of segments
  /// The checkpoint has a later log start: the answer waits until the checkpoint file is durable.
  bool moves_log_start = false;
  partition_checkpoint checkpoint;
};

struct flush_result {
  topic_partition partition;
  offset flushed_end;
};

/// Cuts a partition's segments: everything at and behind `end` goes, and the batch that contains it. For followers whose
/// log is of another history than the leader's.
struct segment_cut {
  topic_partition partition;
  offset end;
  partition_checkpoint checkpoint; ///< as it is, but for producers: as of `end`
};

/// What is left.
struct segment_cut_result {
  topic_partition partition;
  offset end; ///< where the log ends now: at or below what was asked for
  std::vector<segment_info> segments;
};

/// Bytes of a segment that are no good batches any more.
struct segment_rot {
  topic_partition partition;
  offset segment;             ///< its base offset
  std::uint64_t position = 0; ///< in its file
  std::uint64_t size_bytes = 0;
  offset from; ///< of the first record that was there
  offset end;  ///< behind the last one
};

/// Puts batches back in their place: those that were there, or the first of them.
struct segment_patch {
  segment_rot where;
  std::vector<bytes> batches; ///< in order; not longer than what rotted
};

// --- for the reader (segment_reader) ---

/// A segment as far as it may be read.
struct segment_extent {
  offset base;
  offset end; ///< behind its last batch
  std::uint64_t size_bytes = 0;
};

/// Reads batches from the one that contains `from` (or the next one, if there is a gap).
struct segment_read {
  topic_partition partition;
  offset from;
  offset limit;                       ///< only batches that end at or below it
  std::size_t max_bytes = 0;          ///< whole batches only
  bool at_least_one = false;          ///< the first batch whatever its size
  std::vector<segment_extent> segments; ///< the one that contains `from` and some that follow it
  std::vector<epoch_start> epochs;    ///< to check the batches' epochs, which their CRC does not cover
};

/// The first batch that ends behind `from` and has a timestamp of at least `timestamp`, in the segments given.
struct segment_time_search {
  topic_partition partition;
  timestamp_ms timestamp;
  offset from;
  offset limit; ///< only batches that end at or below it
  std::vector<segment_extent> segments;
  std::vector<epoch_start> epochs;
};

/// What was read: each element holds one or more whole batches, in order.
struct segment_batches {
  std::vector<bytes> batches;
  std::size_t size_bytes = 0;
  offset next; ///< where to read on; larger than `from` even if nothing was found there
};

} // namespace troupe::storage
