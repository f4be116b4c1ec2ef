// The journal's bytes on disk, for its writer and its reader alike. The grammar is in docs/formats.md.
#pragma once

#include "runtime/base/types.hpp"
#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/storage/journal.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::storage {

constexpr std::uint64_t journal_magic = 0x54524f55504a524cull; // "TROUPJRL"
constexpr std::uint32_t journal_group_magic = 0x54524a47u;     // "TRJG"
constexpr std::uint16_t journal_format_version = 1;
constexpr std::size_t journal_group_header_size_bytes = 64;
constexpr std::size_t journal_entry_header_size_bytes = 44;
constexpr std::size_t journal_flushed_size_bytes = 16;

using directory_identity = std::array<std::uint8_t, 16>;

enum class journal_group_kind : std::uint8_t { entries = 1, seal = 2 };
enum class journal_entry_kind : std::uint8_t { batch = 1, truncation = 2, flushed = 3 };

/// The first block of a file.
struct journal_file_header {
  std::uint16_t version = journal_format_version;
  directory_identity directory{};
  journal_file_number number;
  std::uint64_t size_bytes = 0;
};

/// Stands at the front of a group, at the beginning of a block.
struct journal_group_header {
  std::uint16_t version = journal_format_version;
  journal_group_kind kind = journal_group_kind::entries;
  std::uint64_t directory_tag = 0;    ///< the first half of the directory's identity
  journal_file_number file;           ///< of the file's present life: what an earlier life left behind has a lower one
  std::uint64_t sequence = 0;
  journal_file_number oldest_file;    ///< files below are needed no more
  std::uint32_t session = 0;          ///< counts the times that the journal was opened
  std::uint32_t length_bytes = 0;     ///< whole blocks, this header included
  std::uint32_t entry_count = 0;
  std::uint32_t body_crc = 0;         ///< of all that follows this header, padding included
};

struct journal_entry_header {
  journal_entry_kind kind = journal_entry_kind::batch;
  std::uint32_t body_size_bytes = 0;
  topic_partition partition;
  offset base_offset;
  offset next_offset;
};

std::string journal_file_name(journal_file_number number);
std::optional<journal_file_number> parse_journal_file_name(std::string_view name);
std::uint64_t directory_tag(const directory_identity& directory) noexcept;

/// Fills a whole block.
void encode(const journal_file_header& header, char* block) noexcept;
/// Nothing if the block's checksum or magic is wrong. The version is for the caller to judge.
std::optional<journal_file_header> decode_journal_file_header(std::string_view block) noexcept;

void encode(const journal_group_header& header, char* to) noexcept;
/// Nothing if the magic, the version or the checksum is wrong. What it says is not judged otherwise.
std::optional<journal_group_header> decode_journal_group_header(std::string_view data) noexcept;
/// Whether a damaged header still looks as if it had been written in this life of this file.
bool resembles_journal_group(std::string_view data, std::uint64_t tag, journal_file_number file) noexcept;

void encode(const journal_entry_header& header, char* to) noexcept;
std::optional<journal_entry_header> decode_journal_entry_header(std::string_view data) noexcept;

/// The body of an entry that says what was flushed.
void encode(const segments_end& where, char* to) noexcept;
segments_end decode_segments_end(std::string_view body) noexcept;

} // namespace troupe::storage
