// The log of a consensus group, on disk: entries, the hard state and the snapshot. What a call has returned from is
// durable. Files: docs/formats.md. One thread at a time.
//
// A torn write at the very end is cut and reported; damage anywhere else makes `open` fail with errc::corrupt and the
// file and position, since a member that forgets what it voted or promised must not take part.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/storage/file_system.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace troupe::storage {

struct durable_entry {
  std::uint64_t index = 0; ///< from 1, without gaps
  std::uint64_t term = 0;
  bytes payload;
  std::uint8_t kind = 0; ///< the group's own, up to durable_entry_kind_max
  friend bool operator==(const durable_entry&, const durable_entry&) = default;
};

struct durable_hard_state {
  std::uint64_t term = 0;
  std::int32_t vote = -1; ///< a node id; -1: none in this term
  std::uint64_t commit = 0;
  std::uint64_t disk = 0; ///< names this directory's content; 0: it was made before there were such names
  friend bool operator==(const durable_hard_state&, const durable_hard_state&) = default;
};

struct durable_snapshot {
  std::uint64_t index = 0; ///< of the last entry that it covers
  std::uint64_t term = 0;
  bytes payload;
  bytes members = {}; ///< the group's own, beside the state
  friend bool operator==(const durable_snapshot&, const durable_snapshot&) = default;
};

enum class durable_group_kind : std::uint8_t;
struct durable_log_scan;

struct durable_log_options {
  std::string directory;
  std::uint64_t segment_size_bytes = 16 * limits::mib; ///< a new file is begun beyond it
};

class durable_log {
public:
  struct opened {
    std::unique_ptr<durable_log> log;
    durable_hard_state hard_state;
    std::optional<durable_snapshot> snapshot;
    std::vector<durable_entry> entries; ///< those behind the snapshot, in order
    std::string cut;                    ///< a sentence if a torn write was cut off the end, else empty
  };

  /// Directory and files are made if there are none. errc::corrupt, errc::wrong_format (another version),
  /// errc::io_error, errc::no_space.
  static result<opened> open(file_system& fs, durable_log_options options);

  /// Reads what `open` reads, and writes nothing: errc::corrupt with file and position, or errc::wrong_format. A torn end is
  /// in order, and so is a directory that is not there.
  static result<void> check(file_system& fs, const std::string& directory);

  ~durable_log();

  /// Appends in one synced write, atomically. The first index must be last_index() + 1.
  /// errc::no_space: nothing was appended, and the log stays usable. errc::io_error: broken for good.
  result<void> append(std::span<const durable_entry> entries);
  /// Removes the entries at and behind `index`, which must lie behind the snapshot.
  result<void> truncate_suffix(std::uint64_t index);
  /// Replaces the hard state. Of its commit index, which is a hint only, no more is kept than the log has entries.
  result<void> save(const durable_hard_state& state);
  /// Replaces the snapshot, whose index must not go back. Entries up to it are not needed any more (see compact_prefix).
  /// If the log ends before the snapshot's index, or has another term there, all its entries are dropped.
  result<void> save(const durable_snapshot& snapshot);
  /// Gives the space of entries up to `index` back, in whole files. `index` must be covered by the saved snapshot.
  result<void> compact_prefix(std::uint64_t index);
  /// When nothing is to be appended for a while, and before a clean stop: proves that the last append was written to its
  /// end. Does nothing after a seal.
  result<void> seal();

  /// Of the newest entry, or of the snapshot if there is none behind it; 0 in an empty log.
  std::uint64_t last_index() const noexcept { return last_index_; }

private:
  struct segment {
    std::uint64_t number = 0;
    std::uint64_t max_index = 0; ///< of any entry in it
  };

  durable_log(file_system& fs, durable_log_options options);

  result<void> adopt(const durable_log_scan& found);
  result<void> mark(durable_group_kind kind, std::uint64_t index);
  void begin_group();
  result<void> write_group(durable_group_kind kind, std::uint64_t index, std::uint32_t count);
  result<void> begin_segment();
  result<void> undo_write();
  std::string path_of(std::uint64_t number) const;
  tl::unexpected<error> broken(error why);

  file_system& fs_;
  durable_log_options options_;
  std::deque<segment> segments_; ///< oldest first; the last one is written
  std::unique_ptr<file> current_;
  std::uint64_t position_ = 0; ///< of the next group
  std::uint64_t next_sequence_ = 1;
  aligned_buffer group_;
  std::uint64_t snapshot_index_ = 0;
  std::uint64_t last_index_ = 0;
  std::deque<std::uint64_t> terms_; ///< of the entries behind the snapshot
  bool restart_due_ = false; ///< the stored entries are void, and the files do not say so yet
  bool sealed_ = false;
  bool undo_due_ = false; ///< there may be something behind position_ that no write has finished
  std::optional<error> poison_;
};

} // namespace troupe::storage
