// What the journal says of one partition, gathered while it is replayed.
#pragma once

#include "runtime/storage/journal.hpp"
#include "runtime/storage/log_types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::storage {

/// Segments that the checkpoint may not know yet.
struct flushed_segments {
  offset end; ///< everything below is in them, synced
  offset last_segment;
};

class journal_tail {
public:
  /// The next entry. `flushed_end`: what lies below is in segments, by the checkpoint, and not kept here. False if the
  /// batch is not what its frame says: it is skipped.
  bool add(const journal_entry& entry, offset flushed_end);
  /// All below `end` turned out to be in segments.
  void drop_below(offset end);

  const std::vector<tail_batch>& batches() const noexcept { return batches_; }
  std::vector<tail_batch> take() { return std::move(batches_); }
  const std::optional<flushed_segments>& flushed() const noexcept { return flushed_; }

private:
  std::vector<tail_batch> batches_; ///< by offset
  std::optional<flushed_segments> flushed_;
};

/// For a person: that the entry's batch was skipped.
std::string damaged_batch_sentence(const journal_entry& entry);

} // namespace troupe::storage
