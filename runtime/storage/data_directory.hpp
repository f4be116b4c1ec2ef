// Opens a data directory: locks it, checks whose it is, and recovers every partition from checkpoint, segments and
// journal.
//
//   lock              held while a process uses the directory
//   meta              format version, cluster, node, directory id
//   checkpoint        see checkpoint.hpp
//   journal/          see journal.hpp
//   topics/           see segment_files.hpp
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"
#include "runtime/storage/checkpoint.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/journal.hpp"
#include "runtime/storage/segment_store.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::storage {

struct data_directory_options {
  std::string path;
  /// Whose data this is. A new directory gets both; an existing one of others is refused. With an empty cluster id
  /// any cluster's directory is taken, and a new one gets `fresh_cluster_id`; if that is empty, too, it belongs to none
  /// until join_cluster().
  std::string cluster_id;
  node_id node{0};
  /// For a new directory; random, so that a wiped disk never passes for the old one.
  std::array<std::uint8_t, 16> fresh_directory_id{};
  std::string fresh_cluster_id;
  journal_options journal; ///< directory and directory_id are filled in
  segment_store_options segments; ///< directory is filled in
};

/// The meta file.
struct directory_meta {
  std::string cluster_id;
  node_id node{0};
  std::array<std::uint8_t, 16> directory_id{};

  friend bool operator==(const directory_meta&, const directory_meta&) = default;
};

std::string encode_meta(const directory_meta& meta);
/// errc::wrong_format, errc::corrupt.
result<directory_meta> decode_meta(std::string_view file);
/// The meta file of a directory, which need not be locked. errc::not_found, and as above.
result<directory_meta> read_meta(file_system& fs, const std::string& directory);

/// Makes a directory that belongs to no cluster yet this one's, durably. errc::wrong_format: it is another one's.
result<void> join_cluster(file_system& fs, const std::string& directory, const std::string& cluster_id);

struct recovery_report {
  std::vector<std::string> damage; ///< sentences for a person, each with file and position
  bool damage_untold = false;      ///< an earlier life found some, and nobody called forget_damage() since
  bool rebuilt = false;            ///< the checkpoint was lost and rebuilt from the segments
  std::uint64_t journal_bytes = 0;
  std::uint64_t replayed_batches = 0; ///< from the journal, those that were not in segments
  bool direct = true;                 ///< the file system has direct I/O
};

/// An open data directory: the journal goes to its writer, the segment store to the flusher; the lock is held as long
/// as this object lives.
struct data_directory {
  directory_meta meta;
  std::string path;
  std::unique_ptr<file_lock> lock;
  std::unique_ptr<troupe::storage::journal> journal;
  std::unique_ptr<segment_store> segments;
  /// Everything that was found. A partition that is not here is new. To be moved into partition logs.
  std::map<topic_partition, recovered_partition> partitions;
  recovery_report report;
};

/// The cluster knows of the damage that was found here.
result<void> forget_damage(file_system& fs, const std::string& directory);

/// Makes the directory if it is not there. errc::in_use: another process has it. errc::wrong_format: another version's,
/// cluster's or node's data. errc::permission_denied, errc::io_error, errc::no_space: it can't be written.
result<data_directory> open_data_directory(file_system& fs, data_directory_options options);

} // namespace troupe::storage
