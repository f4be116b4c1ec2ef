// Zigzag-encoded variable-length integers, inline and strict: the walk over records spends its time here.
// A number that is cut off, too long for its type, or that carries bits beyond its type is refused.
#pragma once

#include <cstdint>

namespace troupe::record::detail {

/// Of an encoding that goes on after its second byte; `at` is behind those two, whose bits are in `low`.
bool read_varint_tail(const char*& at, const char* end, std::uint32_t low, std::int32_t& value) noexcept;
bool read_varlong_tail(const char*& at, const char* end, std::uint64_t low, std::int64_t& value) noexcept;

template <class Signed, class Unsigned>
Signed unzigzag(Unsigned raw) noexcept {
  return static_cast<Signed>((raw >> 1) ^ (Unsigned{0} - (raw & 1)));
}

template <class Signed, class Unsigned, auto Tail>
bool read_zigzag(const char*& at, const char* end, Signed& value) noexcept {
  if (at == end)
    return false;
  Unsigned low = static_cast<std::uint8_t>(*at++);
  if (low < 0x80) {
    value = unzigzag<Signed>(low);
    return true;
  }
  if (at == end)
    return false;
  Unsigned high = static_cast<std::uint8_t>(*at++);
  low = (low & 0x7f) | (high & 0x7f) << 7;
  if (high < 0x80) {
    value = unzigzag<Signed>(low);
    return true;
  }
  return Tail(at, end, low, value);
}

/// Reads from `at`, which must not lie behind `end`, and moves it behind the number.
inline bool read_varint(const char*& at, const char* end, std::int32_t& value) noexcept {
  return read_zigzag<std::int32_t, std::uint32_t, read_varint_tail>(at, end, value);
}

inline bool read_varlong(const char*& at, const char* end, std::int64_t& value) noexcept {
  return read_zigzag<std::int64_t, std::uint64_t, read_varlong_tail>(at, end, value);
}

/// Writes to `to`, where at least 5 or 10 bytes must fit. Gives where the number ends.
inline char* write_base128(char* to, std::uint64_t raw) noexcept {
  for (; raw >= 0x80; raw >>= 7)
    *to++ = static_cast<char>(raw | 0x80);
  *to++ = static_cast<char>(raw);
  return to;
}

inline char* write_varlong(char* to, std::int64_t value) noexcept {
  return write_base128(to, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

inline char* write_varint(char* to, std::int32_t value) noexcept {
  return write_base128(to, static_cast<std::uint32_t>(value) << 1 ^ static_cast<std::uint32_t>(value >> 31));
}

} // namespace troupe::record::detail
