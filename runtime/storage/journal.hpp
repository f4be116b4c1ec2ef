// The journal: one per data directory, the only place that an append waits for. Whatever all partitions have queued
// goes out as one group in one durable write; partitions move it to their segments later, and then the journal's files
// are recycled. Files on disk: docs/formats.md. One thread at a time; the owner holds the data directory's lock.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"
#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/journal_ledger.hpp"
#include "runtime/storage/log_types.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::storage {

struct journal_entry_header;
struct journal_scan;

/// Numbers the groups of a journal: 1, 2, 3 ... A damaged or missing group leaves a gap.
using journal_sequence = named<struct journal_sequence_tag, std::uint64_t>;

struct journal_options {
  std::string directory;
  /// Names the data directory; files of another one are refused. Not all zeros.
  std::array<std::uint8_t, 16> directory_id{};
  std::uint64_t file_size_bytes = limits::journal_file_size_bytes;
  std::size_t files_max = limits::journal_files_max;
  std::size_t group_max_bytes = limits::journal_group_max_bytes;
};

/// One batch of one partition, or its truncation, or the news that it was flushed without having been here. `batch` shares
/// the memory that the file was read into.
struct journal_entry {
  topic_partition partition;
  offset base_offset;
  offset next_offset; ///< base_offset, with an empty batch: the partition was cut to there
  bytes batch;
  std::optional<segments_end> flushed; ///< set, with an empty batch: all below next_offset is in segments that end there

  bool is_truncation() const noexcept { return base_offset == next_offset; }
};

/// Gets every entry that was acknowledged, in the order of the appends. An entry whose base is below what the
/// partition has already replaces it from there on. Entries that were flushed long ago may come again.
using journal_replay = std::function<void(const journal_entry&)>;

/// Something in a file that is not as it was written. What follows it was replayed all the same.
struct journal_damage {
  std::string file;
  std::uint64_t position = 0;
  std::string sentence; ///< for a person; names file and position, too
};

struct journal_report {
  std::uint64_t groups = 0;
  std::uint64_t entries = 0;
  std::uint64_t size_bytes = 0; ///< of the groups
  /// Where a group was cut off that was being written, and never acknowledged, when the machine stopped.
  std::optional<journal_damage> cut;
  std::vector<journal_damage> damage;
  /// Whether the file system has direct I/O. If not, writes go through the page cache and are synced.
  bool direct = true;
};

class journal {
public:
  struct opened {
    std::unique_ptr<journal> log;
    journal_report report;
  };

  /// Replays what is there and makes the journal ready for appends. Damage is no error: it is in the report.
  /// errc::wrong_format: files of another version or data directory. errc::io_error, errc::no_space.
  static result<opened> open(file_system& fs, journal_options options, const journal_replay& replay);

  /// Replays and reports, and writes nothing: for looking at the files of a stopped node.
  static result<journal_report> inspect(file_system& fs, const journal_options& options, const journal_replay& replay);

  ~journal();

  /// Whether a batch of this size still goes into the pending group. An empty group takes every batch up to
  /// limits::batch_max_bytes.
  bool fits(std::size_t batch_size) const noexcept;
  /// Copies the batch into the pending group, which it must fit into. `next_offset`: of its last record, plus 1.
  void append(const topic_partition& partition, offset base_offset, offset next_offset, std::string_view batch);
  /// The partition is cut to `end`: what the journal has of it at and behind that is void, once this is committed.
  void truncate(const topic_partition& partition, offset end);
  /// Cuts partitions that have nothing pending, in a group of its own, at once: durable on success. Some room is kept for it
  /// that batches do not get: what is cut may be what all files are held by. errc::no_space, errc::io_error: as commit().
  result<void> cut(const std::vector<std::pair<topic_partition, offset>>& ends);
  bool has_pending(const topic_partition& partition) const;
  /// What the partition has up to `end` is in its synced segments, though the checkpoint does not say so yet, and what
  /// begins at `base` was not appended here.
  void flushed(const topic_partition& partition, offset base, offset end, segments_end where);
  std::size_t pending_entries() const noexcept { return notes_.size(); }
  /// What a commit would write now.
  std::size_t pending_bytes() const noexcept { return whole_blocks(group_.size()); }

  /// Writes the pending group; it is durable on success. With nothing pending: the last group's number.
  /// errc::no_space, when no file is free: nothing was written, the group stays pending, a later commit tries again.
  /// errc::io_error: the journal is broken for good, and so is every later call; nothing of the group may be
  /// acknowledged, now or later.
  result<journal_sequence> commit();

  /// To be called when there is nothing to commit for the moment, and before a clean stop: writes an empty group, which
  /// proves that the last one was written to its end, so that damage in it is never mistaken for a torn write.
  /// Does nothing after a seal.
  result<void> seal();

  /// Everything of the partition below `end` is in its segments, synced.
  void checkpointed(const topic_partition& partition, offset end) { ledger_.checkpointed(partition, end); }
  /// Nothing of the partition at and behind `end` is wanted, whether or not the journal says so.
  void truncated(const topic_partition& partition, offset end) { ledger_.truncated(partition, end); }
  /// The partition's topic was deleted. What the pending group has of it is written, but keeps no file.
  void forget(const topic_partition& partition);
  /// Recycles the files that are needed no more; how many.
  result<std::size_t> release();
  /// More than half of the files are in use: partitions had better flush.
  bool pressure() const noexcept;
  /// Who must flush so that the oldest file can be recycled.
  std::vector<topic_partition> partitions_holding_oldest() const { return ledger_.partitions_holding_oldest(); }
  const journal_ledger& ledger() const noexcept { return ledger_; }

  /// Makes the next file ready ahead of time, a piece of at most 1 MiB at each call: for idle moments. True while there
  /// is more to do. Without it a commit makes the file when it needs it, which is right, too, but slower: blocks that
  /// were never written take twice as long.
  result<bool> prepare_next_file();

  const journal_options& options() const noexcept { return options_; }
  bool direct() const noexcept { return direct_; }
  journal_sequence last_sequence() const noexcept { return journal_sequence{next_sequence_ - 1}; }

private:
  struct note {
    topic_partition partition;
    offset base;
    offset end;
    bool is_void = false; ///< the partition was deleted meanwhile
  };
  struct journal_file {
    std::unique_ptr<file> handle;
    journal_file_number number;
    std::uint64_t size_bytes = 0;
    std::uint64_t written_bytes = 0; ///< from here on the blocks were only reserved: writing them costs more
  };

  journal(file_system& fs, journal_options options);

  void add(const journal_entry_header& header, std::string_view body);
  void note_entry(const topic_partition& partition, offset base, offset end);
  result<void> adopt(const journal_scan& found);
  result<journal_file> adopt_file(const std::string& path, journal_file_number number, bool header_intact);
  result<void> begin(const journal_scan& found);
  void begin_group();
  result<void> ensure_room(std::size_t size, std::size_t kept);
  std::size_t kept_for_cuts() const noexcept;
  result<void> write_group(aligned_buffer& group, std::uint32_t entries, std::uint32_t crc);
  result<void> write_seal();
  result<journal_file> create_file();
  result<void> write_header(journal_file& target);
  result<void> recycle(journal_file_number& which);
  result<void> fill(journal_file& target, std::uint64_t from);
  std::string path_of(journal_file_number number) const;
  std::size_t files_in_all() const noexcept { return ledger_.files() + spares_.size() + strays_.size(); }
  tl::unexpected<error> broken(error why);

  file_system& fs_;
  journal_options options_;
  journal_ledger ledger_; ///< knows every file with groups, and the current one
  journal_file current_;
  std::uint64_t position_ = 0; ///< of the next group
  std::deque<journal_file> spares_; ///< the next files, ready to be written
  std::vector<journal_file_number> strays_; ///< older files without an entry in them
  journal_file_number next_number_{1};
  std::uint64_t next_sequence_ = 1;
  std::uint32_t session_ = 1;
  aligned_buffer group_; ///< the pending group: room for its header, then its entries
  std::uint32_t group_crc_ = 0;
  std::vector<note> notes_; ///< of the pending entries
  aligned_buffer zeros_;
  bool sealed_ = false;
  bool is_torn_ = false; ///< at position_ may be some or all of a group that failed
  bool direct_ = true;
  std::optional<error> poison_;
};

} // namespace troupe::storage
