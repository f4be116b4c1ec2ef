// The index of a segment: where in the file to begin for an offset or a time. Sparse, appended without a sync; all of
// it can be rebuilt from the segment. Its grammar is in docs/formats.md.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/log_types.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::storage {

/// A power of two, so that no entry lies in two sectors: one that was being written is there as a whole or not at all.
constexpr std::size_t index_entry_size_bytes = 32;

void encode_index_entry(const index_entry& entry, std::string& out);

/// A damaged entry: where in the index file.
struct index_damage {
  std::uint64_t position = 0;
  std::string sentence;
};

struct decoded_index {
  std::vector<index_entry> entries; ///< ascending; only those that are right
  std::vector<index_damage> damage;
};

/// All entries of an index file that lie within the first `segment_size` bytes of the segment.
decoded_index decode_index(std::string_view file, std::uint64_t segment_size);

/// The last entry at or below `o`; the segment's start if there is none.
index_entry index_floor(std::span<const index_entry> entries, offset segment_base, offset o);

} // namespace troupe::storage
