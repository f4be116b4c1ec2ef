#include "runtime/base/cursor.hpp"

namespace troupe {

namespace {

std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::uint64_t zigzag32(std::int32_t value) noexcept { return zigzag(value) & 0xffffffffu; }

std::size_t base128_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7)
    ++size;
  return size;
}

} // namespace

std::uint64_t read_cursor::base128(int max_bits) noexcept {
  std::uint64_t value = 0;
  for (int shift = 0; shift < max_bits; shift += 7) {
    auto byte = number<std::uint8_t>();
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return value;
  }
  failed_ = true; // more bytes than the type can hold
  return 0;
}

std::int32_t read_cursor::varint() noexcept {
  auto raw = base128(32);
  return static_cast<std::int32_t>(unzigzag(raw & 0xffffffffu));
}

std::int64_t read_cursor::varlong() noexcept { return unzigzag(base128(64)); }

std::uint32_t read_cursor::uvarint() noexcept { return static_cast<std::uint32_t>(base128(32)); }

void write_cursor::base128(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out_.push_back(static_cast<char>(value | 0x80));
  out_.push_back(static_cast<char>(value));
}

void write_cursor::varint(std::int32_t value) { base128(zigzag32(value)); }

void write_cursor::varlong(std::int64_t value) { base128(zigzag(value)); }

void write_cursor::uvarint(std::uint32_t value) { base128(value); }

std::size_t varint_size(std::int32_t value) noexcept { return base128_size(zigzag32(value)); }

std::size_t varlong_size(std::int64_t value) noexcept { return base128_size(zigzag(value)); }

std::size_t uvarint_size(std::uint32_t value) noexcept { return base128_size(value); }

} // namespace troupe
