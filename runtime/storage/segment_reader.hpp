// Reads batches from segment files: the reader's part of storage. Single owner; may run beside the segment_store that
// writes the same files, since an order never reaches beyond what is synced.
//
// Every batch is checked before it is given out: structure, checksum, offset and epoch. A bad one is errc::corrupt with
// file and position, and is never served; what lies behind it is found again.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/storage/chunk_cache.hpp"
#include "runtime/storage/disk_orders.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/index_file.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::storage {

struct segment_reader_options {
  std::string directory; ///< the data directory
  std::size_t cache_bytes = 64 * limits::mib;
  std::size_t chunk_size_bytes = 1 * limits::mib; ///< of one read
  std::size_t open_segments_max = 256;            ///< with their indices in memory
};

/// What a time search found.
struct time_match {
  bytes batch; ///< the first one with such a timestamp: the record must be looked for inside. Empty: none
  offset next; ///< with no batch: the end of what was searched
};

class segment_reader {
public:
  /// `on_damage` gets a sentence with file and position for damage that was repaired or read around, such as in an
  /// index.
  segment_reader(file_system& fs, segment_reader_options options,
                 std::function<void(const std::string&)> on_damage = {});
  ~segment_reader();

  /// errc::corrupt: the batch that is next is damaged. errc::not_found: the segment is gone (retention): plan anew.
  /// errc::io_error. If batches before a damaged one were found, they are the result, and the next read fails.
  result<segment_batches> read(const segment_read& order);
  /// What the last read() ran into, behind what it gave.
  const std::optional<segment_rot>& rot() const noexcept { return rot_; }
  result<time_match> find_by_time(const segment_time_search& order);

  /// The partition's files are gone or will be.
  void forget(const topic_partition& partition);

  std::uint64_t cached_bytes() const noexcept { return cache_.size_bytes(); }
  /// Blocks read from files so far, in bytes: tells hits from misses.
  std::uint64_t read_bytes() const noexcept { return read_bytes_; }

private:
  struct open_segment;
  class source;
  using segment_key = std::pair<topic_partition, offset>;
  using open_list = std::list<open_segment>;

  result<open_segment*> open(const topic_partition& partition, const segment_extent& extent);
  result<void> load_index(open_segment& segment, const segment_extent& extent);
  result<void> rebuild_index(open_segment& segment, const segment_extent& extent);
  result<void> read_segment(const segment_read& order, const segment_extent& extent, segment_batches& out);
  result<bytes> chunk(open_segment& segment, std::uint64_t number, std::uint64_t size_bytes);
  void report(const std::string& sentence) const;

  file_system& fs_;
  segment_reader_options options_;
  std::function<void(const std::string&)> on_damage_;
  chunk_cache cache_;
  open_list open_; ///< most recently used first
  std::map<segment_key, open_list::iterator> by_key_;
  std::uint64_t next_file_ = 1;
  std::uint64_t read_bytes_ = 0;
  std::optional<segment_rot> rot_;
};

} // namespace troupe::storage
