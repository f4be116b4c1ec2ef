// What the tests of this room share: batches from hand-made sections, and batches that are broken on purpose.
#pragma once

#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/base/random.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/compression.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace record_test {

using namespace troupe;
using namespace troupe::record;

constexpr compression all_codecs[] = {compression::none, compression::gzip, compression::snappy,
                                      compression::lz4, compression::zstd};
constexpr compression real_codecs[] = {compression::gzip, compression::snappy, compression::lz4,
                                       compression::zstd};

constexpr std::int64_t now_ms = 1'700'000'000'000;

template <class T>
void set(std::string& batch, std::size_t position, T value) {
  store_be(batch.data() + position, value);
}

inline std::string with_crc(std::string batch) {
  set(batch, position::crc, crc32c(std::string_view{batch}.substr(position::attributes)));
  return batch;
}

/// A batch with this field changed and a CRC that agrees.
template <class T>
std::string changed(std::string batch, std::size_t position, T value) {
  set(batch, position, value);
  return with_crc(std::move(batch));
}

/// A batch of one writer's records, as a string.
inline std::string small_batch(int count = 3, batch_options options = {}) {
  batch_builder builder{options};
  for (int i = 0; i < count; ++i)
    static_cast<void>(
        builder.add(timestamp_ms{now_ms + i}, "key" + std::to_string(i), "value" + std::to_string(i)));
  return std::string{builder.build().view()};
}

/// A batch around a section that nobody checked, compressed already or not.
inline std::string batch_around(std::string_view section, std::int32_t count,
                                compression c = compression::none) {
  auto batch = small_batch(1).substr(0, position::records);
  batch += section;
  set(batch, position::length, static_cast<std::int32_t>(batch.size() - length_prefix_bytes));
  set(batch, position::attributes, static_cast<std::int16_t>(c));
  set(batch, position::last_offset_delta, count - 1);
  set(batch, position::record_count, count);
  return with_crc(batch);
}

struct record_fields {
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  std::optional<std::string> key = "k";
  std::optional<std::string> value = "v";
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};

inline void put_nullable(write_cursor& w, const std::optional<std::string>& text) {
  w.varint(text ? static_cast<std::int32_t>(text->size()) : -1);
  if (text)
    w.put(*text);
}

/// One record, written with the plain cursor instead of the builder.
inline std::string record_bytes(const record_fields& r) {
  std::vector<char> body{0}; // the attributes
  write_cursor w{body};
  w.varlong(r.timestamp_delta);
  w.varint(r.offset_delta);
  put_nullable(w, r.key);
  put_nullable(w, r.value);
  w.varint(static_cast<std::int32_t>(r.headers.size()));
  for (auto& [key, value] : r.headers) {
    put_nullable(w, key);
    put_nullable(w, value);
  }
  std::vector<char> out;
  write_cursor o{out};
  o.varint(static_cast<std::int32_t>(body.size()));
  o.put({body.data(), body.size()});
  return {out.data(), out.size()};
}

inline std::string packed(compression c, std::string_view plain) {
  std::vector<char> out;
  compress(c, plain, out);
  return {out.data(), out.size()};
}

inline std::string random_text(random_source& random, std::size_t max) {
  std::string text(random.below(max + 1), '\0');
  auto letters = 1 + random.below(256);
  for (auto& c : text)
    c = static_cast<char>(random.below(letters));
  return text;
}

inline std::string from_hex(std::string_view hex) {
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return out;
}

template <class T>
std::string code_of(const result<T>& r) {
  return std::string{r ? std::string_view{"none"} : name(r.error().code)};
}

} // namespace record_test
