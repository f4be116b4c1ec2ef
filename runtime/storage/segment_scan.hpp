// Finds out what is in segment files by reading them from the start to the end: when the checkpoint is lost, and for
// the offline check.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/log_types.hpp"
#include "runtime/storage/segment_walk.hpp"

#include <functional>
#include <string>
#include <vector>

namespace troupe::storage {

/// The partitions that have a directory, sorted.
result<std::vector<topic_partition>> list_partitions(file_system& fs, const std::string& directory);
/// The base offsets of a partition's segment files, sorted; none if it has no directory.
result<std::vector<offset>> list_segments(file_system& fs, const std::string& directory,
                                          const topic_partition& partition);

struct rebuilt_partition {
  partition_checkpoint state;
  std::vector<offset> leftovers; ///< segments that hold nothing that is not elsewhere
};

struct rebuild_options {
  /// An older checkpoint, or null: what it knows of deletions and of producers is not in the segments.
  const partition_checkpoint* old = nullptr;
  /// The first batch that the journal has; no_offset if it has none. From there on the journal is trusted, since the
  /// segments may never have been synced.
  offset journal_start = no_offset;
  /// Gets a sentence for everything that is damaged or missing.
  std::function<void(const std::string&)> report;
};

/// Takes what lies behind a checkpoint's end into it: the batches below `end`, the last of them in `last_segment`, that were
/// synced before a crash. `report` gets a sentence if some are damaged or missing. Errors are the files'.
result<void> extend_partition(file_system& fs, const std::string& directory, const topic_partition& partition,
                              offset end, offset last_segment, partition_checkpoint& state,
                              const std::function<void(const std::string&)>& report);

/// What a partition's segments hold, as far as they are whole; synced on return.
result<rebuilt_partition> rebuild_partition(file_system& fs, const std::string& directory,
                                            const topic_partition& partition, const rebuild_options& options);

} // namespace troupe::storage
