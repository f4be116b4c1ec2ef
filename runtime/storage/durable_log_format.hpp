// The durable log's bytes on disk, for its writer and its reader alike. The grammar is in docs/formats.md.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/storage/durable_log.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::storage {

constexpr std::uint64_t durable_segment_magic = 0x54524f55504c4f47ull;  // "TROUPLOG"
constexpr std::uint64_t durable_state_magic = 0x54524f5550535445ull;    // "TROUPSTE"
constexpr std::uint64_t durable_snapshot_magic = 0x54524f5550534e50ull; // "TROUPSNP"
constexpr std::uint32_t durable_group_magic = 0x54524c47u;              // "TRLG"
constexpr std::uint16_t durable_format_version = 1;
constexpr std::size_t durable_group_header_size_bytes = 64;
constexpr std::size_t durable_entry_header_size_bytes = 20;
/// A payload's size is below this; above it in the same word is the entry's kind.
constexpr std::uint32_t durable_entry_max_bytes = 1u << 28;
constexpr std::uint8_t durable_entry_kind_max = 15;
constexpr std::size_t durable_state_size_bytes = 48;
/// As it was written before directories had names.
constexpr std::size_t durable_nameless_state_size_bytes = 40;
constexpr std::size_t durable_snapshot_header_size_bytes = 48;
constexpr std::size_t durable_snapshot_max_bytes = limits::gib;

enum class durable_group_kind : std::uint8_t {
  entries = 1,  ///< `index`: of the first one
  truncate = 2, ///< drop the entries at and behind `index`
  restart = 3,  ///< drop all entries; the next one has `index`
  seal = 4,     ///< the group before was written to its end
};

struct durable_segment_header {
  std::uint16_t version = durable_format_version;
  std::uint64_t number = 0;
  std::uint64_t first_sequence = 0;
};

/// Stands at the front of a group, at the beginning of a block.
struct durable_group_header {
  durable_group_kind kind = durable_group_kind::entries;
  std::uint64_t segment = 0;
  std::uint64_t sequence = 0;
  std::uint64_t index = 0;
  std::uint32_t length_bytes = 0; ///< whole blocks, this header included
  std::uint32_t entry_count = 0;
  std::uint32_t body_crc = 0;     ///< of all that follows this header, padding included
};

std::string durable_segment_name(std::uint64_t number);
std::optional<std::uint64_t> parse_durable_segment_name(std::string_view name);

/// Fills a whole block.
void encode(const durable_segment_header& header, char* block) noexcept;
std::optional<durable_segment_header> decode_durable_segment_header(std::string_view block) noexcept;

void encode(const durable_group_header& header, char* to) noexcept;
std::optional<durable_group_header> decode_durable_group_header(std::string_view data) noexcept;

std::string encode(const durable_hard_state& state);
std::string encode(const durable_snapshot& snapshot);
/// errc::corrupt, errc::wrong_format; `path` is for the message.
result<durable_hard_state> decode_durable_hard_state(std::string_view content, const std::string& path);
result<durable_snapshot> decode_durable_snapshot(std::string_view content, const std::string& path);

} // namespace troupe::storage
