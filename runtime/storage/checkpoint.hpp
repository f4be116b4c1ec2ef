// The checkpoint: one small file per data directory that says what is in the segments of every partition, replaced as
// a whole. Its grammar is in docs/formats.md.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/log_types.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::storage {

/// Segment files that are not part of their partition any more, and may still be there.
struct segment_garbage {
  topic_partition partition;
  offset base;

  auto operator<=>(const segment_garbage&) const noexcept = default;
};

/// What the file says.
struct checkpoint {
  std::map<topic_partition, partition_checkpoint> partitions;
  /// Deleted partitions: their files may still be there, and the journal may still have batches of theirs.
  std::set<topic_partition> removed;
  std::set<segment_garbage> garbage;

  friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

/// One partition's part of the file: kept ready by the segment store, so that writing the file is mere copying.
std::string encode_partition(const topic_partition& name, const partition_checkpoint& state);
/// The whole file, from such parts in the order of their partitions.
std::string encode_checkpoint(const std::map<topic_partition, std::string>& partitions,
                              const std::set<topic_partition>& removed, const std::set<segment_garbage>& garbage);
/// errc::wrong_format: another version. errc::corrupt: damaged; the detail says at which position.
result<checkpoint> decode_checkpoint(std::string_view file);

/// "<directory>/checkpoint", and the one before it: "<directory>/checkpoint.old".
std::string checkpoint_path(const std::string& directory);
std::string old_checkpoint_path(const std::string& directory);

/// Durable on return. The file that was there becomes the old one.
result<void> write_checkpoint_file(file_system& fs, const std::string& directory, std::string_view content);
/// errc::not_found, errc::wrong_format, errc::corrupt (the detail names the file).
result<checkpoint> read_checkpoint_file(file_system& fs, const std::string& path);

} // namespace troupe::storage
