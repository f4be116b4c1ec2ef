#include "runtime/storage/journal_format.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"

#include <charconv>
#include <cstring>

namespace troupe::storage {

namespace {

constexpr std::string_view journal_suffix = ".journal";
constexpr std::size_t journal_name_digits = 16;

bool is_possible(const journal_entry_header& header) {
  switch (header.kind) {
  case journal_entry_kind::batch:
    return header.next_offset > header.base_offset;
  case journal_entry_kind::truncation:
    return header.next_offset == header.base_offset && header.body_size_bytes == 0;
  case journal_entry_kind::flushed:
    return header.next_offset > header.base_offset && header.body_size_bytes == journal_flushed_size_bytes;
  }
  return false;
}

} // namespace

std::string journal_file_name(journal_file_number number) {
  auto digits = std::to_string(number.value());
  auto zeros = digits.size() < journal_name_digits ? journal_name_digits - digits.size() : 0;
  return std::string(zeros, '0') + digits + std::string{journal_suffix};
}

std::optional<journal_file_number> parse_journal_file_name(std::string_view name) {
  if (!name.ends_with(journal_suffix))
    return std::nullopt;
  std::uint64_t number = 0;
  auto digits = name.substr(0, name.size() - journal_suffix.size());
  auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc{} || number == 0 || journal_file_name(journal_file_number{number}) != name)
    return std::nullopt;
  return journal_file_number{number};
}

std::uint64_t directory_tag(const directory_identity& directory) noexcept {
  return load_be<std::uint64_t>(reinterpret_cast<const char*>(directory.data()));
}

void encode(const journal_file_header& header, char* block) noexcept {
  std::memset(block, 0, block_size_bytes);
  store_be(block, journal_magic);
  store_be(block + 8, header.version);
  std::memcpy(block + 16, header.directory.data(), header.directory.size());
  store_be(block + 32, header.number.value());
  store_be(block + 40, header.size_bytes);
  store_be(block + block_size_bytes - 4, crc32c({block, block_size_bytes - 4}));
}

std::optional<journal_file_header> decode_journal_file_header(std::string_view block) noexcept {
  if (block.size() < block_size_bytes || load_be<std::uint64_t>(block.data()) != journal_magic
      || load_be<std::uint32_t>(block.data() + block_size_bytes - 4) != crc32c(block.substr(0, block_size_bytes - 4)))
    return std::nullopt;
  journal_file_header header;
  header.version = load_be<std::uint16_t>(block.data() + 8);
  std::memcpy(header.directory.data(), block.data() + 16, header.directory.size());
  header.number = journal_file_number{load_be<std::uint64_t>(block.data() + 32)};
  header.size_bytes = load_be<std::uint64_t>(block.data() + 40);
  return header;
}

void encode(const journal_group_header& header, char* to) noexcept {
  std::memset(to, 0, journal_group_header_size_bytes);
  store_be(to, journal_group_magic);
  store_be(to + 4, header.version);
  store_be(to + 6, static_cast<std::uint8_t>(header.kind));
  store_be(to + 8, header.directory_tag);
  store_be(to + 16, header.file.value());
  store_be(to + 24, header.sequence);
  store_be(to + 32, header.oldest_file.value());
  store_be(to + 40, header.session);
  store_be(to + 44, header.length_bytes);
  store_be(to + 48, header.entry_count);
  store_be(to + 52, header.body_crc);
  store_be(to + 60, crc32c({to, 60}));
}

std::optional<journal_group_header> decode_journal_group_header(std::string_view data) noexcept {
  if (data.size() < journal_group_header_size_bytes || load_be<std::uint32_t>(data.data()) != journal_group_magic
      || load_be<std::uint32_t>(data.data() + 60) != crc32c(data.substr(0, 60)))
    return std::nullopt;
  auto* from = data.data();
  journal_group_header header;
  header.version = load_be<std::uint16_t>(from + 4);
  header.kind = static_cast<journal_group_kind>(load_be<std::uint8_t>(from + 6));
  header.directory_tag = load_be<std::uint64_t>(from + 8);
  header.file = journal_file_number{load_be<std::uint64_t>(from + 16)};
  header.sequence = load_be<std::uint64_t>(from + 24);
  header.oldest_file = journal_file_number{load_be<std::uint64_t>(from + 32)};
  header.session = load_be<std::uint32_t>(from + 40);
  header.length_bytes = load_be<std::uint32_t>(from + 44);
  header.entry_count = load_be<std::uint32_t>(from + 48);
  header.body_crc = load_be<std::uint32_t>(from + 52);
  auto known = header.kind == journal_group_kind::entries || header.kind == journal_group_kind::seal;
  if (header.version != journal_format_version || !known)
    return std::nullopt;
  return header;
}

bool resembles_journal_group(std::string_view data, std::uint64_t tag, journal_file_number file) noexcept {
  if (data.size() < journal_group_header_size_bytes)
    return false;
  // A flipped bit spoils one of the three only.
  auto hits = (load_be<std::uint32_t>(data.data()) == journal_group_magic)
              + (load_be<std::uint64_t>(data.data() + 8) == tag)
              + (load_be<std::uint64_t>(data.data() + 16) == file.value());
  return hits >= 2 && load_be<std::uint64_t>(data.data() + 16) >= file.value();
}

void encode(const journal_entry_header& header, char* to) noexcept {
  std::memset(to, 0, 4);
  store_be(to, static_cast<std::uint8_t>(header.kind));
  store_be(to + 4, header.body_size_bytes);
  std::memcpy(to + 8, header.partition.topic.bytes.data(), header.partition.topic.bytes.size());
  store_be(to + 24, header.partition.partition.value());
  store_be(to + 28, header.base_offset.value());
  store_be(to + 36, header.next_offset.value());
}

std::optional<journal_entry_header> decode_journal_entry_header(std::string_view data) noexcept {
  if (data.size() < journal_entry_header_size_bytes)
    return std::nullopt;
  auto* from = data.data();
  journal_entry_header header;
  header.kind = static_cast<journal_entry_kind>(load_be<std::uint8_t>(from));
  header.body_size_bytes = load_be<std::uint32_t>(from + 4);
  std::memcpy(header.partition.topic.bytes.data(), from + 8, header.partition.topic.bytes.size());
  header.partition.partition = partition_id{load_be<std::int32_t>(from + 24)};
  header.base_offset = offset{load_be<std::int64_t>(from + 28)};
  header.next_offset = offset{load_be<std::int64_t>(from + 36)};
  if (header.base_offset.value() < 0 || !is_possible(header))
    return std::nullopt;
  return header;
}

void encode(const segments_end& where, char* to) noexcept {
  store_be(to, where.base.value());
  store_be(to + 8, where.size_bytes);
}

segments_end decode_segments_end(std::string_view body) noexcept {
  return {offset{load_be<std::int64_t>(body.data())}, load_be<std::uint64_t>(body.data() + 8)};
}

} // namespace troupe::storage
