// Writes and removes segment files: the flusher's part of storage. Single owner; a segment_reader may read the same
// files at the same time.
//
// Order of a round, which is what keeps acknowledged data safe:
//   flush(requests)      writes and syncs; nothing refers to it yet
//   write_checkpoint()   makes the requests' checkpoints durable, then removes what they gave up
//   only then            journal::checkpointed(partition, flushed_end) may be told
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/storage/checkpoint.hpp"
#include "runtime/storage/disk_orders.hpp"
#include "runtime/storage/file_system.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace troupe::storage {

struct segment_store_options {
  std::string directory; ///< the data directory; must be locked by this process
  std::size_t open_files_max = 512;
  std::size_t sync_each_max = 8; ///< more files and directories than that are synced by one file_system::sync_all
  std::size_t write_size_bytes = 4 * limits::mib;      ///< of one write at the most
  std::size_t last_blocks_bytes = 32 * limits::mib;    ///< memory for the last blocks of segments
  std::uint64_t preallocate_max_bytes = 64 * limits::mib;
  std::size_t removals_max = 512; ///< segments or partitions that are removed in one go
};

class segment_store {
public:
  /// `known`: what the directory's checkpoint says (see data_directory.hpp).
  segment_store(file_system& fs, segment_store_options options, const checkpoint& known);
  ~segment_store();

  /// Carries out all requests, each with its own result, in their order; all that succeed are synced on return.
  /// A request that fails (errc::no_space, errc::io_error) leaves its partition as it was and may be given again.
  std::vector<result<flush_result>> flush(std::span<const flush_request> requests);

  /// Takes the end of a partition's segments away, as of the next checkpoint: until it is durable, a crash brings it back.
  /// Nobody else may have an order for the partition. What rotted below the end stays as it is; a cut in the middle of it
  /// takes all of it away.
  result<segment_cut_result> cut(const segment_cut& request);

  /// Writes batches, synced on success, where a segment has rotted. The files stay as long as they are, so that what is
  /// patched by half is rot as it was. errc::not_found: the segment is gone.
  result<void> patch(const segment_patch& request);

  /// Deletes a partition: its files go once the checkpoint is durable. Flushes that come for it later are refused with
  /// errc::unknown_topic_or_partition: topic ids are never used again.
  void remove_partition(const topic_partition& partition);

  /// Durable on success. Then removes some of the files that no partition refers to any more; a failure to remove is not
  /// an error: it is tried again after the next checkpoint.
  result<void> write_checkpoint();
  /// Removes some more of them: true if there are more. For idle moments: removing a file may take milliseconds.
  bool remove_garbage();
  /// Whether there is something that the checkpoint file does not say yet, or files are left to be removed.
  bool checkpoint_due() const noexcept {
    return dirty_ || !removable_segments_.empty() || !removable_partitions_.empty();
  }

  /// Cuts the padding of all segments that are open, and closes them: for a clean stop, after write_checkpoint.
  void close();

  /// The bytes written to segments so far, padding included.
  std::uint64_t written_bytes() const noexcept { return written_bytes_; }

private:
  struct open_segment {
    topic_partition partition;
    offset base;
    std::unique_ptr<file> log;
    std::uint64_t allocated = 0; ///< the file's size
    std::uint64_t end = 0;       ///< what of it is data
  };
  using open_list = std::list<open_segment>;

  /// The data in a segment's last block, which is written again with what follows it.
  struct partial_block {
    offset base;
    std::uint64_t end = 0; ///< in the file
    std::string data;
  };

  /// What a round of flushes has touched, to be synced before anything of it counts.
  struct touched {
    std::size_t segments = 0;
    std::set<std::string> directories;
  };

  result<void> write(const flush_request& request, touched& out);
  std::vector<result<void>> sync_touched(std::span<const flush_request> requests, const touched& what);
  result<void> sync_segment(const flush_request& request);
  result<open_segment*> open(const flush_request& request);
  result<void> make_directory(const topic_partition& partition, touched& out);
  result<std::string> last_block(const open_segment& target, const flush_request& request);
  result<void> write_batches(open_segment& target, const flush_request& request);
  result<void> make_room(open_segment& target, std::uint64_t end);
  void write_index(const flush_request& request);
  void finish(const topic_partition& partition, const finished_segment& segment);
  void trim_cuts();
  result<void> cut_index(const std::string& path, std::uint64_t segment_size);
  result<offset> cut_last(const segment_cut& request, segment_info& last, offset last_end);
  void note(const flush_request& request);
  void keep_last_block(const flush_request& request);
  void forget_block(const topic_partition& partition);
  void close_segment(open_list::iterator which);
  void close_partition(const topic_partition& partition);
  void remove_segment(const segment_garbage& garbage);
  void remove_files(const topic_partition& partition);
  void settle_removals();

  file_system& fs_;
  segment_store_options options_;
  std::map<topic_partition, std::string> encoded_; ///< the checkpoint's content
  std::set<topic_partition> removed_;
  std::set<topic_partition> doomed_; ///< removed_ whose files are not gone yet
  std::set<segment_garbage> garbage_;
  std::vector<segment_garbage> removable_segments_;   ///< of garbage_: the checkpoint on disk says so
  std::vector<topic_partition> removable_partitions_; ///< of doomed_, likewise
  std::vector<segment_garbage> unlinked_;             ///< of garbage_: removed, but not durably
  std::map<topic_partition, segment_info> cuts_;      ///< last segments with something behind their size
  std::set<topic_id> emptied_;                        ///< some of their partitions were removed
  std::unordered_set<topic_partition> directories_; ///< made durably, or to be made so by this round
  std::unordered_set<topic_id> topic_directories_;
  bool is_direct_ = true;
  open_list open_; ///< most recently used first
  std::unordered_map<topic_partition, open_list::iterator> open_by_partition_;
  std::unordered_map<topic_partition, partial_block> blocks_;
  std::size_t blocks_size_bytes_ = 0;
  aligned_buffer buffer_;
  bool dirty_ = false;
  std::uint64_t written_bytes_ = 0;
};

} // namespace troupe::storage
