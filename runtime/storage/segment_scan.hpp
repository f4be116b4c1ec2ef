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

/// What a partition's segments hold, as far as they are whole; synced on return. Segments that are only what remained
/// of an interrupted roll are left out. `report` gets a sentence for everything that is damaged or missing.
result<partition_checkpoint> rebuild_partition(file_system& fs, const std::string& directory,
                                               const topic_partition& partition,
                                               const std::function<void(const std::string&)>& report);

} // namespace troupe::storage
