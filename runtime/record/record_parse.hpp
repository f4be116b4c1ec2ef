// One record in memory: the parser that the cursor, the validator and the searches share. Inline, because a
// produced batch is walked over record by record.
#pragma once

#include "runtime/record/varint.hpp"

#include <cstddef>
#include <cstdint>

namespace troupe::record::detail {

/// Where the parts of a record lie. A size of -1 is "null".
struct record_layout {
  std::int64_t timestamp_delta;
  std::int32_t offset_delta;
  std::int32_t key_size;
  std::int32_t value_size;
  std::int32_t header_count;
  std::int8_t attributes;
  const char* key;
  const char* value;
  const char* headers;
};

/// A size of at least `least` (-1 or 0) and that many bytes.
inline bool read_sized(const char*& at, const char* end, std::int32_t least, std::int32_t& size) noexcept {
  if (!read_varint(at, end, size) || size < least)
    return false;
  if (size > 0) {
    if (size > end - at)
      return false;
    at += size;
  }
  return true;
}

inline bool read_headers(const char*& at, const char* end, std::int32_t count) noexcept {
  if (count < 0)
    return false;
  for (std::int32_t size; count > 0; --count)
    if (!read_sized(at, end, 0, size) || !read_sized(at, end, -1, size))
      return false;
  return true;
}

/// The record whose body is exactly [at, end).
inline bool read_body(const char* at, const char* end, record_layout& r) noexcept {
  if (at == end)
    return false;
  r.attributes = static_cast<std::int8_t>(*at++);
  if (!read_varlong(at, end, r.timestamp_delta) || !read_varint(at, end, r.offset_delta))
    return false;
  if (!read_sized(at, end, -1, r.key_size))
    return false;
  r.key = r.key_size > 0 ? at - r.key_size : at;
  if (!read_sized(at, end, -1, r.value_size))
    return false;
  r.value = r.value_size > 0 ? at - r.value_size : at;
  if (!read_varint(at, end, r.header_count))
    return false;
  r.headers = at;
  return read_headers(at, end, r.header_count) && at == end;
}

/// The record at `at`; gives where it ends, or null if it is damaged or does not end before `end`.
inline const char* read_record(const char* at, const char* end, record_layout& r) noexcept {
  std::int32_t length;
  if (!read_varint(at, end, length) || length < 0 || length > end - at)
    return nullptr;
  return read_body(at, at + length, r) ? at + length : nullptr;
}

} // namespace troupe::record::detail
