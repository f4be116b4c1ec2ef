// The descriptions of a partition's durable part: they come from the partition log, are kept by the segment store
// and its checkpoint, and come back at recovery.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/types.hpp"
#include "runtime/storage/batch_facts.hpp"
#include "runtime/storage/producer_state.hpp"

#include <cstdint>
#include <vector>

namespace troupe::storage {

/// A timestamp and the batch (its base offset) that has it as its maximum.
struct timestamp_position {
  timestamp_ms timestamp = no_timestamp;
  offset batch = no_offset;

  friend bool operator==(const timestamp_position&, const timestamp_position&) = default;
};

/// One segment file, as far as it is synced. It ends where the next one, or the unflushed part, begins.
struct segment_info {
  offset base;                  ///< of its first batch; names the file
  std::uint64_t size_bytes = 0; ///< what is behind that in the file is padding or was never acknowledged as flushed
  timestamp_ms first_timestamp = no_timestamp; ///< the first batch's max timestamp
  timestamp_position max_timestamp;

  friend bool operator==(const segment_info&, const segment_info&) = default;
};

/// Where a partition's segments end: the last one, and how long it is.
struct segments_end {
  offset base;
  std::uint64_t size_bytes = 0;

  friend bool operator==(const segments_end&, const segments_end&) = default;
};

/// The offset at which a leader epoch began.
struct epoch_start {
  leader_epoch epoch;
  offset start;

  friend bool operator==(const epoch_start&, const epoch_start&) = default;
};

/// Everything that is known of a partition's flushed part: true once the segments that it names are synced.
struct partition_checkpoint {
  offset log_start{0};
  offset flushed_end{0};                  ///< everything below is in `segments`
  std::vector<segment_info> segments;     ///< by base offset; the last one is written to
  std::vector<epoch_start> epochs;        ///< ascending in both; what began below flushed_end
  std::vector<producer_memory> producers; ///< as of flushed_end

  friend bool operator==(const partition_checkpoint&, const partition_checkpoint&) = default;
};

/// A batch that was appended, with what the log must know of it.
struct tail_batch {
  bytes data;
  batch_facts facts;
};

/// What recovery found of a partition; empty for a new one.
struct recovered_partition {
  partition_checkpoint checkpoint;
  std::vector<tail_batch> tail; ///< durable in the journal but not in segments, by offset
};

/// One entry of a segment's index: every batch before `position` has a smaller offset than `base`.
struct index_entry {
  offset base;                ///< of the batch that begins at `position`
  std::uint64_t position = 0; ///< in the segment file
  timestamp_ms max_timestamp = no_timestamp; ///< the largest one of the batches before `position`

  friend bool operator==(const index_entry&, const index_entry&) = default;
};

} // namespace troupe::storage
