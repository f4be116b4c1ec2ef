// Looks at the data directory of a stopped node: for `troupe log verify` and `troupe log dump`. Reads only.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/storage/data_directory.hpp"
#include "runtime/storage/file_system.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe::storage {

/// Something that is not as it was written.
struct finding {
  std::string file; ///< path in the data directory: "topics/…/0/…00.log"
  std::uint64_t position = 0;
  std::string sentence;
};

struct directory_totals {
  std::uint64_t partitions = 0;
  std::uint64_t segments = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t batches = 0; ///< in segments
  std::uint64_t journal_groups = 0;
  std::uint64_t journal_entries = 0;
  std::uint64_t findings = 0;
};

/// Checks meta, both checkpoints, the metadata log, every segment, index and journal file: each checksum, and that they
/// agree with each other.
/// `progress` is called now and then with the bytes read so far. errc::in_use if a node uses the directory;
/// errc::not_found, errc::wrong_format if there is nothing to check.
result<directory_totals> verify_directory(file_system& fs, const std::string& directory,
                                          const std::function<void(const finding&)>& report,
                                          const std::function<void(std::uint64_t)>& progress = {});

/// One batch as it lies on the disk.
struct stored_batch {
  topic_partition partition;
  std::string file;
  std::uint64_t position = 0; ///< in the file; of a journal's batch: not known, 0
  record::batch_view batch;
  bool checksum_ok = true;
};

/// All batches of one partition (or of all) in segments, by offset.
result<void> dump_segments(file_system& fs, const std::string& directory, std::optional<topic_partition> only,
                           const std::function<void(const stored_batch&)>& sink,
                           const std::function<void(const finding&)>& report);
/// All batches in the journal, in the order of the appends; those that are in segments too may be among them.
result<void> dump_journal(file_system& fs, const std::string& directory, std::optional<topic_partition> only,
                          const std::function<void(const stored_batch&)>& sink,
                          const std::function<void(const finding&)>& report);
/// The partitions that the directory has files of, by the checkpoint or, without one, by the files.
result<std::vector<topic_partition>> stored_partitions(file_system& fs, const std::string& directory);

} // namespace troupe::storage
