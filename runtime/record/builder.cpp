#include "runtime/record/builder.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"
#include "runtime/record/compression.hpp"
#include "runtime/record/varint.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace troupe::record {

namespace {

constexpr std::size_t varint_max_bytes = 5;
constexpr std::size_t varlong_max_bytes = 10;
/// Length, attributes, both deltas, and the sizes of key, value and headers.
constexpr std::size_t record_overhead_max_bytes = 5 * varint_max_bytes + 1 + varlong_max_bytes;
constexpr std::size_t header_overhead_max_bytes = 2 * varint_max_bytes;
constexpr std::size_t batch_max_bytes = std::numeric_limits<std::int32_t>::max();

char* write_nullable(char* to, std::optional<std::string_view> text) noexcept {
  if (!text)
    return detail::write_varint(to, -1);
  to = detail::write_varint(to, static_cast<std::int32_t>(text->size()));
  return std::copy(text->begin(), text->end(), to);
}

std::size_t size_of(std::optional<std::string_view> text) noexcept { return text ? text->size() : 0; }

} // namespace

batch_builder::batch_builder(batch_options options) : options_(options), buffer_(position::records) {}

std::size_t batch_builder::size_bound(std::optional<std::string_view> key,
                                      std::optional<std::string_view> value,
                                      std::span<const header_view> headers) noexcept {
  auto size = record_overhead_max_bytes + size_of(key) + size_of(value);
  for (auto& header : headers)
    size += header_overhead_max_bytes + header.key.size() + size_of(header.value);
  return size;
}

result<void> batch_builder::add(timestamp_ms time, std::optional<std::string_view> key,
                                std::optional<std::string_view> value, std::span<const header_view> headers) {
  auto bound = size_bound(key, value, headers);
  if (bound > batch_max_bytes || used_ + bound > batch_max_bytes)
    return fail(errc::too_large, "a record of up to " + std::to_string(bound) + " bytes in a batch of "
                                     + std::to_string(used_));
  if (buffer_.size() < used_ + bound)
    buffer_.resize(std::max(used_ + bound, buffer_.size() * 2));
  std::int64_t delta = 0;
  if (count_ > 0 && __builtin_sub_overflow(time.value(), base_timestamp_, &delta))
    return fail(errc::invalid_timestamp, "a time too far from that of the first record");
  if (count_ == 0)
    base_timestamp_ = max_timestamp_ = time.value();
  max_timestamp_ = std::max(max_timestamp_, time.value());

  // The body goes where it will be if its length takes all five bytes, and moves down afterwards.
  auto* begin = buffer_.data() + used_;
  auto* body = begin + varint_max_bytes;
  auto* to = body;
  *to++ = 0; // attributes
  to = detail::write_varlong(to, delta);
  to = detail::write_varint(to, count_);
  to = write_nullable(to, key);
  to = write_nullable(to, value);
  to = detail::write_varint(to, static_cast<std::int32_t>(headers.size()));
  for (auto& header : headers) {
    to = write_nullable(to, header.key);
    to = write_nullable(to, header.value);
  }
  auto length = static_cast<std::size_t>(to - body);
  auto* behind_length = detail::write_varint(begin, static_cast<std::int32_t>(length));
  std::memmove(behind_length, body, length);
  used_ = static_cast<std::size_t>(behind_length - buffer_.data()) + length;
  ++count_;
  return {};
}

void batch_builder::write_header(char* batch, std::size_t size) const noexcept {
  auto attributes = static_cast<std::int16_t>(options_.compression);
  if (options_.timestamps == timestamp_type::log_append_time)
    attributes |= attribute::log_append_time;
  if (options_.is_transactional)
    attributes |= attribute::transactional;
  if (options_.is_control)
    attributes |= attribute::control;
  store_be(batch + position::base_offset, options_.base_offset.value());
  store_be(batch + position::length, static_cast<std::int32_t>(size - length_prefix_bytes));
  store_be(batch + position::leader_epoch, options_.epoch.value());
  store_be(batch + position::magic, magic_v2);
  store_be(batch + position::attributes, attributes);
  store_be(batch + position::last_offset_delta, count_ - 1);
  store_be(batch + position::base_timestamp, base_timestamp_);
  store_be(batch + position::max_timestamp, max_timestamp_);
  store_be(batch + position::producer_id, options_.producer_id.value());
  store_be(batch + position::producer_epoch, options_.producer_epoch.value());
  store_be(batch + position::base_sequence, options_.base_sequence);
  store_be(batch + position::record_count, count_);
  store_be(batch + position::crc, crc32c({batch + position::attributes, size - position::attributes}));
}

bytes batch_builder::build() {
  CHECK(!empty());
  std::string_view plain{buffer_.data(), used_};
  bytes batch;
  if (options_.compression == compression::none) {
    batch = bytes::copy_of(plain);
  } else {
    std::vector<char> packed(position::records);
    compress(options_.compression, plain.substr(position::records), packed, options_.compression_level);
    batch = bytes::copy_of({packed.data(), packed.size()});
  }
  write_header(batch.mutable_data(), batch.size());
  used_ = position::records;
  count_ = 0;
  return batch;
}

} // namespace troupe::record
