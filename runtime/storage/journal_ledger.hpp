// Which journal file holds what: a file may be recycled once every partition with entries in it has them in its own
// synced segments. Pure; a step costs at most one look-up and a walk over the files, which are few.
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
  void open_file(journal_file_number number);
  /// The newest file holds the partition's entry [base, end). A base below an earlier end means that the partition was
  /// truncated to it. So what was checkpointed before it came here must be checkpointed again: nobody knows whether that
  /// was said of another history.
  void note(const topic_partition& tp, offset base, offset end);
  /// All that the partition has below `end` is durable elsewhere.
  void checkpointed(const topic_partition& tp, offset end);
  /// Nothing of the partition at or above `end` is wanted any more.
  void truncated(const topic_partition& tp, offset end);
  /// Nothing of the partition is wanted any more (its topic was deleted).
  void forget(const topic_partition& tp);

  /// The files that nobody needs, oldest first, up to the first one that somebody does; never the newest.
  std::vector<journal_file_number> releasable() const;
  /// Drops the oldest file, which must be releasable.
  void release_oldest();
  /// Who must flush so that all files but the newest `spared` ones can be released: each once, those of the oldest file
  /// first.
  std::vector<topic_partition> partitions_holding(std::size_t spared) const;
  /// The same for the oldest file alone.
  std::vector<topic_partition> partitions_holding_oldest() const;

  std::size_t files() const noexcept { return files_.size(); }
  /// Of the oldest and the newest file; there must be one.
  journal_file_number oldest() const noexcept;
  journal_file_number newest() const noexcept;

private:
  struct partition {
    topic_partition name;
    offset flushed{0};
    offset end{0}; ///< of the newest entry
  };
  struct file {
    journal_file_number number;
    std::vector<offset> ends; ///< by slot: the end of the partition's entries in this file; 0 if none is wanted
    std::size_t holders = 0;  ///< the ends that are not 0
  };

  std::size_t slot_of(const topic_partition& tp);
  void truncate(std::size_t slot, offset end);
  void settle(std::size_t slot);

  std::unordered_map<topic_partition, std::size_t> slots_; // never iterated over
  std::vector<partition> partitions_;                      // by slot
  std::vector<std::size_t> unused_slots_;
  std::deque<file> files_;
};

} // namespace troupe::storage
