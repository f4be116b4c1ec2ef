#include "runtime/storage/index_file.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"

#include <algorithm>
#include <optional>

namespace troupe::storage {

namespace {

constexpr std::uint32_t index_marker = 0x54495801; // "TIX" and the version
constexpr std::size_t index_checksum_position = index_entry_size_bytes - 4;

bool is_all_zero(std::string_view data) {
  return std::all_of(data.begin(), data.end(), [](char c) { return c == 0; });
}

std::optional<index_entry> decode_index_entry(std::string_view raw) {
  read_cursor in{raw};
  auto marker = in.number<std::uint32_t>();
  index_entry entry;
  entry.base = offset{in.number<std::int64_t>()};
  entry.position = in.number<std::uint64_t>();
  entry.max_timestamp = timestamp_ms{in.number<std::int64_t>()};
  auto checksum = in.number<std::uint32_t>();
  if (marker != index_marker || checksum != crc32c(raw.substr(0, index_checksum_position)))
    return std::nullopt;
  return entry;
}

} // namespace

void encode_index_entry(const index_entry& entry, std::string& out) {
  char raw[index_entry_size_bytes];
  store_be(raw, index_marker);
  store_be(raw + 4, entry.base.value());
  store_be(raw + 12, entry.position);
  store_be(raw + 20, entry.max_timestamp.value());
  store_be(raw + index_checksum_position, crc32c({raw, index_checksum_position}));
  out.append(raw, sizeof raw);
}

decoded_index decode_index(std::string_view file, std::uint64_t segment_size) {
  decoded_index out;
  std::vector<index_damage> suspect;
  for (std::size_t at = 0; at < file.size(); at += index_entry_size_bytes) {
    auto raw = file.substr(at, index_entry_size_bytes);
    if (is_all_zero(raw)) // never written: the file grew, but the machine stopped
      continue;
    auto entry = raw.size() == index_entry_size_bytes ? decode_index_entry(raw) : std::nullopt;
    if (!entry) {
      suspect.push_back({at, "the index entry's checksum is wrong"});
      continue;
    }
    if (entry->position >= segment_size)
      continue;
    // Behind the last good entry it would be a write that was interrupted.
    out.damage.insert(out.damage.end(), suspect.begin(), suspect.end());
    suspect.clear();
    // A flush that is repeated after a crash writes its entries again: the newer ones count.
    while (!out.entries.empty() && out.entries.back().position >= entry->position)
      out.entries.pop_back();
    if (out.entries.empty() || out.entries.back().base < entry->base)
      out.entries.push_back(*entry);
    else
      out.damage.push_back({at, "the index entry's offset is not above the one before it"});
  }
  return out;
}

index_entry index_floor(std::span<const index_entry> entries, offset segment_base, offset o) {
  auto above = std::partition_point(entries.begin(), entries.end(), [&](const index_entry& e) { return e.base <= o; });
  return above == entries.begin() ? index_entry{segment_base, 0, no_timestamp} : *std::prev(above);
}

} // namespace troupe::storage
