// The small files of a data directory: checkpoint, meta, index, and the headers of the journal. The first
// byte chooses. Each input is read as it is, and again with its checksum put right.
#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/storage/checkpoint.hpp"
#include "runtime/storage/data_directory.hpp"
#include "runtime/storage/index_file.hpp"
#include "runtime/storage/journal_format.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using namespace troupe;
using namespace troupe::storage;

namespace {

std::string encode_whole(const checkpoint& c) {
  std::map<topic_partition, std::string> parts;
  for (auto& [name, state] : c.partitions)
    parts[name] = encode_partition(name, state);
  return encode_checkpoint(parts, c.removed, c.garbage);
}

void check_checkpoint(std::string_view file) {
  auto found = decode_checkpoint(file);
  if (!found)
    return;
  auto again = decode_checkpoint(encode_whole(*found));
  CHECK(again && *again == *found);
}

/// The content behind a header that is right.
std::string checkpoint_around(std::string_view content) {
  auto file = encode_checkpoint({}, {}, {});
  auto header_size = file.size() - 3 * sizeof(std::uint32_t); // without the three counts
  file.resize(header_size);
  file += content;
  store_be(file.data() + 12, static_cast<std::uint64_t>(content.size()));
  auto checksum_at = header_size - sizeof(std::uint32_t);
  auto crc = crc32c(std::string_view{file}.substr(header_size),
                    crc32c(std::string_view{file}.substr(0, checksum_at)));
  store_be(file.data() + checksum_at, crc);
  return file;
}

void check_meta(std::string_view file) {
  auto found = decode_meta(file);
  if (!found)
    return;
  auto again = decode_meta(encode_meta(*found));
  CHECK(again && *again == *found);
}

std::string meta_around(std::string_view lines) {
  auto file = "troupe data directory\nformat 1\n" + std::string{lines} + "\n";
  constexpr char digits[] = "0123456789abcdef";
  auto crc = crc32c(file);
  file += "checksum ";
  for (int shift = 28; shift >= 0; shift -= 4)
    file += digits[(crc >> shift) & 15];
  return file + "\n";
}

void check_index(std::string_view file, std::uint64_t segment_size) {
  auto found = decode_index(file, segment_size);
  CHECK(found.entries.size() + found.damage.size() <= file.size() / index_entry_size_bytes);
  std::string written;
  for (std::size_t i = 0; i < found.entries.size(); ++i) {
    auto& entry = found.entries[i];
    CHECK(entry.position < segment_size);
    if (i > 0)
      CHECK(found.entries[i - 1].base < entry.base && found.entries[i - 1].position < entry.position);
    CHECK(index_floor(found.entries, offset{0}, entry.base) == entry);
    encode_index_entry(entry, written);
  }
  auto again = decode_index(written, segment_size);
  CHECK(again.entries == found.entries && again.damage.empty());
}

std::string index_around(std::string_view content) {
  std::string file{content};
  for (std::size_t at = 0; at + index_entry_size_bytes <= file.size(); at += index_entry_size_bytes) {
    store_be(file.data() + at, std::uint32_t{0x54495801});
    auto crc_at = at + index_entry_size_bytes - sizeof(std::uint32_t);
    store_be(file.data() + crc_at, crc32c(std::string_view{file}.substr(at, crc_at - at)));
  }
  return file;
}

void check_journal_headers(std::string_view data) {
  std::string block{data};
  block.resize(block_size_bytes);
  if (auto header = decode_journal_file_header(block)) {
    std::string again(block_size_bytes, '\0');
    encode(*header, again.data());
    CHECK(decode_journal_file_header(again)->number == header->number);
  }
  static_cast<void>(decode_journal_file_header(data));
  static_cast<void>(decode_journal_group_header(data));
  static_cast<void>(decode_journal_entry_header(data));
  static_cast<void>(resembles_journal_group(data, 1, journal_file_number{1}));
  auto name = std::string{data.substr(0, 40)};
  if (auto number = parse_journal_file_name(name))
    CHECK(journal_file_name(*number) == name);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  switch (in.number<std::uint8_t>() % 4) {
  case 0:
    check_checkpoint(in.rest());
    check_checkpoint(checkpoint_around(in.rest()));
    break;
  case 1:
    check_meta(in.rest());
    check_meta(meta_around(in.rest()));
    break;
  case 2: {
    auto segment_size = in.number<std::uint64_t>();
    check_index(in.rest(), segment_size);
    check_index(index_around(in.rest()), segment_size);
    break;
  }
  default:
    check_journal_headers(in.rest());
  }
  return 0;
}
