#include "runtime/storage/durable_log_format.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"

#include <charconv>
#include <cstring>

namespace troupe::storage {

namespace {

constexpr std::string_view durable_segment_suffix = ".log";
constexpr std::size_t durable_name_digits = 16;

tl::unexpected<error> durable_file_damage(const std::string& path, std::uint64_t position, const std::string& what) {
  return fail(errc::corrupt, path + " at " + std::to_string(position) + ": " + what);
}

/// Magic, version and checksum of a small file; the checksum is in the last four bytes.
result<void> check_durable_file(std::string_view content, std::size_t min_size, std::uint64_t magic,
                                const std::string& path) {
  if (content.size() < min_size || load_be<std::uint64_t>(content.data()) != magic)
    return durable_file_damage(path, 0, "this is not the file that it should be");
  auto body = content.substr(0, content.size() - 4);
  if (load_be<std::uint32_t>(content.data() + body.size()) != crc32c(body))
    return durable_file_damage(path, 0, "the checksum does not match");
  if (auto version = load_be<std::uint16_t>(content.data() + 8); version != durable_format_version)
    return fail(errc::wrong_format, path + " has format " + std::to_string(version) + ", this is format "
                                      + std::to_string(durable_format_version));
  return {};
}

void put_checksum(std::string& content) {
  auto size = content.size();
  content.resize(size + 4);
  store_be(content.data() + size, crc32c({content.data(), size}));
}

} // namespace

std::string durable_segment_name(std::uint64_t number) {
  auto digits = std::to_string(number);
  auto zeros = digits.size() < durable_name_digits ? durable_name_digits - digits.size() : 0;
  return std::string(zeros, '0') + digits + std::string{durable_segment_suffix};
}

std::optional<std::uint64_t> parse_durable_segment_name(std::string_view name) {
  if (!name.ends_with(durable_segment_suffix))
    return std::nullopt;
  std::uint64_t number = 0;
  auto digits = name.substr(0, name.size() - durable_segment_suffix.size());
  auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc{} || number == 0 || durable_segment_name(number) != name)
    return std::nullopt;
  return number;
}

void encode(const durable_segment_header& header, char* block) noexcept {
  std::memset(block, 0, block_size_bytes);
  store_be(block, durable_segment_magic);
  store_be(block + 8, header.version);
  store_be(block + 16, header.number);
  store_be(block + 24, header.first_sequence);
  store_be(block + block_size_bytes - 4, crc32c({block, block_size_bytes - 4}));
}

std::optional<durable_segment_header> decode_durable_segment_header(std::string_view block) noexcept {
  if (block.size() < block_size_bytes || load_be<std::uint64_t>(block.data()) != durable_segment_magic
      || load_be<std::uint32_t>(block.data() + block_size_bytes - 4) != crc32c(block.substr(0, block_size_bytes - 4)))
    return std::nullopt;
  durable_segment_header header;
  header.version = load_be<std::uint16_t>(block.data() + 8);
  header.number = load_be<std::uint64_t>(block.data() + 16);
  header.first_sequence = load_be<std::uint64_t>(block.data() + 24);
  return header;
}

void encode(const durable_group_header& header, char* to) noexcept {
  std::memset(to, 0, durable_group_header_size_bytes);
  store_be(to, durable_group_magic);
  store_be(to + 4, durable_format_version);
  store_be(to + 6, static_cast<std::uint8_t>(header.kind));
  store_be(to + 8, header.segment);
  store_be(to + 16, header.sequence);
  store_be(to + 24, header.index);
  store_be(to + 32, header.length_bytes);
  store_be(to + 36, header.entry_count);
  store_be(to + 40, header.body_crc);
  store_be(to + 60, crc32c({to, 60}));
}

std::optional<durable_group_header> decode_durable_group_header(std::string_view data) noexcept {
  if (data.size() < durable_group_header_size_bytes || load_be<std::uint32_t>(data.data()) != durable_group_magic
      || load_be<std::uint32_t>(data.data() + 60) != crc32c(data.substr(0, 60))
      || load_be<std::uint16_t>(data.data() + 4) != durable_format_version)
    return std::nullopt;
  durable_group_header header;
  header.kind = static_cast<durable_group_kind>(load_be<std::uint8_t>(data.data() + 6));
  header.segment = load_be<std::uint64_t>(data.data() + 8);
  header.sequence = load_be<std::uint64_t>(data.data() + 16);
  header.index = load_be<std::uint64_t>(data.data() + 24);
  header.length_bytes = load_be<std::uint32_t>(data.data() + 32);
  header.entry_count = load_be<std::uint32_t>(data.data() + 36);
  header.body_crc = load_be<std::uint32_t>(data.data() + 40);
  if (header.kind < durable_group_kind::entries || header.kind > durable_group_kind::seal)
    return std::nullopt;
  return header;
}

std::string encode(const durable_hard_state& state) {
  std::string content(durable_state_size_bytes - 4, '\0');
  store_be(content.data(), durable_state_magic);
  store_be(content.data() + 8, durable_format_version);
  store_be(content.data() + 16, state.term);
  store_be(content.data() + 24, state.commit);
  store_be(content.data() + 32, state.vote);
  store_be(content.data() + 36, state.disk);
  put_checksum(content);
  return content;
}

result<durable_hard_state> decode_durable_hard_state(std::string_view content, const std::string& path) {
  if (auto checked = check_durable_file(content, durable_nameless_state_size_bytes, durable_state_magic, path); !checked)
    return fail(std::move(checked));
  durable_hard_state state;
  state.term = load_be<std::uint64_t>(content.data() + 16);
  state.commit = load_be<std::uint64_t>(content.data() + 24);
  state.vote = load_be<std::int32_t>(content.data() + 32);
  if (content.size() >= durable_state_size_bytes)
    state.disk = load_be<std::uint64_t>(content.data() + 36);
  return state;
}

std::string encode(const durable_snapshot& snapshot) {
  std::string content(durable_snapshot_header_size_bytes, '\0');
  store_be(content.data(), durable_snapshot_magic);
  store_be(content.data() + 8, durable_format_version);
  store_be(content.data() + 16, snapshot.index);
  store_be(content.data() + 24, snapshot.term);
  store_be(content.data() + 32, static_cast<std::uint64_t>(snapshot.payload.size()));
  store_be(content.data() + 40, static_cast<std::uint32_t>(snapshot.members.size()));
  content += snapshot.payload.view();
  content += snapshot.members.view();
  put_checksum(content);
  return content;
}

result<durable_snapshot> decode_durable_snapshot(std::string_view content, const std::string& path) {
  constexpr auto frame = durable_snapshot_header_size_bytes + 4;
  if (auto checked = check_durable_file(content, frame, durable_snapshot_magic, path); !checked)
    return fail(std::move(checked));
  auto size = load_be<std::uint64_t>(content.data() + 32);
  auto members = load_be<std::uint32_t>(content.data() + 40);
  if (members > content.size() - frame || size != content.size() - frame - members)
    return durable_file_damage(path, 32, "the payload is not as long as it should be");
  durable_snapshot snapshot;
  snapshot.index = load_be<std::uint64_t>(content.data() + 16);
  snapshot.term = load_be<std::uint64_t>(content.data() + 24);
  snapshot.payload = bytes::copy_of(content.substr(durable_snapshot_header_size_bytes, size));
  snapshot.members = bytes::copy_of(content.substr(durable_snapshot_header_size_bytes + size, members));
  return snapshot;
}

} // namespace troupe::storage
