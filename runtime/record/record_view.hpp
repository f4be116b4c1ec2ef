// The records of an uncompressed records section, one after the other, without a copy. Strict: a record that
// does not use up exactly the bytes that its length announces is refused.
//
//     record      = length:varint attributes:int8 timestamp_delta:varlong offset_delta:varint
//                   key_size:varint key value_size:varint value header_count:varint header*
//     header      = key_size:varint key value_size:varint value
//     A size of -1 stands for "null"; a header's key cannot be null.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/compression.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::record {

struct header_view {
  std::string_view key;
  std::optional<std::string_view> value;

  friend bool operator==(const header_view&, const header_view&) = default;
};

/// One record. What it refers to belongs to whoever owns the section.
struct record_view {
  std::int8_t attributes = 0; // unused by Kafka
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::int32_t header_count = 0;
  std::string_view raw_headers; // checked already
  std::string_view raw;         // the whole record, its length field included

  std::vector<header_view> headers() const;
};

/// Walks over a section; works like `batch_cursor`. At the end of a good section `next` gives nothing and
/// `ok()` is true; whether the number of records is what the header says is for the caller to compare.
class record_cursor {
public:
  explicit record_cursor(std::string_view section) noexcept
      : begin_(section.data()), at_(begin_), end_(begin_ + section.size()) {}

  std::optional<record_view> next();

  bool ok() const noexcept { return !failed_; }
  std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

private:
  const char* begin_;
  const char* at_;
  const char* end_;
  bool failed_ = false;
};

/// All records of one batch, compressed or not, for consumers and tools. Uncompressed records lie in the
/// batch's own memory, others in that of this object.
class batch_records {
public:
  /// Decompresses, within the budget. Errors: those of `decompress`.
  static result<batch_records> open(const batch_view& batch, decompression_budget& budget);

  /// The next record; nothing at the end, or where the section is damaged or has another number of records
  /// than the header says; then `ok()` is false.
  std::optional<record_view> next();
  bool ok() const noexcept { return !failed_; }

  offset offset_of(const record_view& r) const noexcept { return batch_.base_offset() + r.offset_delta; }
  /// The record's own time, or that of the batch if the broker sets it.
  timestamp_ms timestamp_of(const record_view& r) const noexcept;

private:
  batch_records(const batch_view& batch, growing_buffer owned, std::string_view section) noexcept
      : batch_(batch), owned_(std::move(owned)), cursor_(section) {}

  batch_view batch_;
  growing_buffer owned_;
  record_cursor cursor_;
  std::int32_t given_ = 0;
  bool failed_ = false;
};

} // namespace troupe::record
