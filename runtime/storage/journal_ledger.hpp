// Which journal file holds what: a file may be recycled once every partition with entries in it has them in its own
// synced segments. Pure; every step costs at most one look-up and a walk over the files.
#pragma once

#include "runtime/base/types.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

namespace troupe::storage {

/// Counts the lives of journal files: every use of a file gets a new number.
using journal_file_number = named<struct journal_file_number_tag, std::uint64_t>;

class journal_ledger {
public:
  /// A file is written from now on, behind all others.
  void open_file(journal_file_number file);
  /// The newest file holds an entry that ends before `end`. An `end` below an earlier one voids what was noted above
  /// the entry's `base`: the partition was truncated.
  void note(topic_partition tp, offset base, offset end);
  /// All that the partition has below `end` is durable elsewhere.
  void checkpointed(topic_partition tp, offset end);
  /// Nothing of the partition at or above `end` is wanted any more, durably.
  void truncated(topic_partition tp, offset end);
  /// Nothing of the partition is wanted any more (its topic was deleted).
  void forget(topic_partition tp);

  /// The files, oldest first, that nobody needs; never the newest.
  std::vector<journal_file_number> releasable() const;
  /// Drops the oldest file, which must be releasable.
  void release_oldest();
  /// Who must flush so that the oldest file can be released, in the order of their first entry. Empty if nobody.
  std::vector<topic_partition> partitions_holding_oldest() const;
  /// The same for every file but the newest `spared` ones, each partition once, those of the oldest file first.
  std::vector<topic_partition> partitions_holding(std::size_t spared) const;

  std::size_t files() const noexcept { return files_.size(); }
  /// Of the oldest file; there must be one.
  journal_file_number oldest() const noexcept { return files_.front().number; }

private:
  struct partition {
    topic_partition name;
    offset flushed{0};
  };
  /// By partition: the end of its entries in this file, 0 if it has none that are still wanted.
  struct file {
    journal_file_number number;
    std::vector<std::int64_t> ends;
    std::size_t holders = 0;
  };

  std::size_t slot_of(const topic_partition& tp);
  void settle(std::size_t slot, offset upto);

  std::unordered_map<topic_partition, std::size_t> slots_;
  std::vector<partition> partitions_;
  std::vector<std::size_t> unused_slots_;
  std::deque<file> files_;
};

} // namespace troupe::storage
