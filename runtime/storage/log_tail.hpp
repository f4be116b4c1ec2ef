// The batches of a partition that are in memory: first those that are flushed too (a cache), then the others.
// Appending is O(1), finding an offset O(log n). An empty tail owns no memory: there may be thousands.
#pragma once

#include "runtime/storage/log_types.hpp"

#include <cstdint>
#include <vector>

namespace troupe::storage {

class log_tail {
public:
  /// Everything from `begin` on will be in memory.
  explicit log_tail(offset begin) noexcept : begin_(begin) {}

  /// From here on, everything that was appended is in memory.
  offset begin() const noexcept { return begin_; }
  std::size_t size() const noexcept { return batches_.size() - first_; }
  bool empty() const noexcept { return size() == 0; }
  const tail_batch& operator[](std::size_t i) const noexcept { return batches_[first_ + i]; }

  /// How many batches, from the front, are flushed.
  std::size_t flushed_count() const noexcept { return flushed_; }
  std::uint64_t cached_bytes() const noexcept { return cached_bytes_; }
  std::uint64_t unflushed_bytes() const noexcept { return unflushed_bytes_; }

  void append(tail_batch batch);
  /// The first batch that ends behind `o`: the one that contains it or, behind a gap, the next one. `size()` if
  /// there is none.
  std::size_t find(offset o) const noexcept;
  /// The batches below `end` are flushed.
  void mark_flushed(offset end) noexcept;
  /// Drops flushed batches, oldest first, until `bytes` are freed. Returns what was freed.
  std::uint64_t evict(std::uint64_t bytes);
  /// Drops flushed batches that lie wholly below `start`.
  void drop_below(offset start);
  /// Drops the batches that end behind `end`, flushed or not.
  void drop_behind(offset end);

private:
  void pop_front();

  offset begin_;
  std::vector<tail_batch> batches_; // those before first_ are gone
  std::size_t first_ = 0;
  std::size_t flushed_ = 0;
  std::uint64_t cached_bytes_ = 0;
  std::uint64_t unflushed_bytes_ = 0;
};

} // namespace troupe::storage
