// Walks over the batches of a segment and tells good ones from damage: the one place that decides what of a segment
// may be served, rebuilt from, or reported.
//
// A batch is good if its structure is possible, its checksum is right, and what the checksum does not cover agrees
// with what is known otherwise: its base offset follows from the batch before it, its epoch from the partition's
// epochs. Behind damage the walk searches for the next good batch.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/storage/disk_orders.hpp"
#include "runtime/storage/epoch_cache.hpp"
#include "runtime/storage/file_system.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::storage {

/// The bytes of a segment, read in chunks that are whole blocks.
class chunk_source {
public:
  chunk_source(std::size_t chunk_size, std::uint64_t size) : chunk_size_(chunk_size), size_(size) {}
  virtual ~chunk_source() = default;

  /// The end of the segment's data: nothing is read beyond.
  std::uint64_t size() const noexcept { return size_; }
  std::size_t chunk_size() const noexcept { return chunk_size_; }
  /// `size` bytes from `position`, which must lie within; shares the chunk if they lie in one. errc::corrupt if the file
  /// is shorter than it should be.
  result<bytes> range(std::uint64_t position, std::size_t size);

protected:
  /// The chunk with this number; shorter only at the end.
  virtual result<bytes> chunk(std::uint64_t number) = 0;

private:
  std::size_t chunk_size_;
  std::uint64_t size_;
};

/// Reads a chunk of a file into memory of its own.
result<bytes> read_chunk(const file& from, std::uint64_t number, std::size_t chunk_size, std::uint64_t size);

/// A source that keeps one chunk: for reading a file once, from the start to the end.
class sequential_source final : public chunk_source {
public:
  sequential_source(const file& from, std::size_t chunk_size, std::uint64_t size)
      : chunk_source(chunk_size, size), from_(from) {}

protected:
  result<bytes> chunk(std::uint64_t number) override;

private:
  const file& from_;
  std::uint64_t number_ = 0;
  bytes current_;
};

class segment_walk {
public:
  struct batch {
    std::uint64_t position;
    record::batch_view view; ///< valid as long as `data`
    bytes data;
  };
  /// Something in [position, end) that is not a good batch.
  struct damage {
    std::uint64_t position = 0;
    std::uint64_t end = 0;
    offset expected; ///< the offset that should have been there
    std::string sentence;
  };

  /// From `position`, where the batch with the base offset `expected` begins (or, behind a gap, a later one).
  /// `end`: the offset behind the segment's last batch; no_offset if it is not known, as at a rebuild: then what cannot
  /// be a batch ends the walk if no good batch follows it. `epochs` must outlive the walk; may be empty.
  segment_walk(chunk_source& source, const std::vector<epoch_start>& epochs, std::uint64_t position, offset expected,
               offset end);

  /// The next good batch, or nothing at the end. If there was damage on the way, `damaged` has it until the next call.
  /// Errors are the file's: errc::io_error, errc::corrupt (too short).
  result<std::optional<batch>> next();
  const std::optional<damage>& damaged() const noexcept { return damaged_; }

  /// Behind the last good batch: in the file, and as an offset.
  std::uint64_t position() const noexcept { return position_; }
  offset expected() const noexcept { return expected_; }

private:
  struct checked {
    std::optional<batch> good;
    std::string sentence; // else: why not
  };

  result<checked> check_at(std::uint64_t position, bool after_damage);
  result<bool> gap_is_real(const record::batch_view& view, std::uint64_t position);
  result<std::optional<batch>> search(std::uint64_t position);
  bool is_plausible(const char* header, std::uint64_t position) const noexcept;
  result<bool> is_all_zero_from(std::uint64_t position);

  chunk_source& source_;
  const std::vector<epoch_start>& epochs_;
  std::uint64_t position_;
  offset expected_;
  offset end_;
  std::optional<damage> damaged_;
};

} // namespace troupe::storage
