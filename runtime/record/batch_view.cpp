#include "runtime/record/batch_view.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"

#include <limits>
#include <string>

namespace troupe::record {

result<batch_view> batch_view::parse(std::string_view data) {
  // The magic comes first: an older format has another layout behind it, which nothing here may interpret.
  if (data.size() <= position::magic)
    return fail(errc::end_of_input, "a record batch of " + std::to_string(data.size()) + " bytes");
  if (auto magic = load_be<std::int8_t>(data.data() + position::magic); magic != magic_v2)
    return fail(errc::unsupported_version, "magic " + std::to_string(magic) + " instead of 2");
  auto length = load_be<std::int32_t>(data.data() + position::length);
  if (length < static_cast<std::int32_t>(position::records - length_prefix_bytes))
    return fail(errc::malformed, "a record batch with the length " + std::to_string(length));
  auto size = static_cast<std::size_t>(length) + length_prefix_bytes;
  if (size > data.size())
    return fail(errc::end_of_input, "a record batch of " + std::to_string(size) + " bytes, of which "
                                        + std::to_string(data.size()) + " are there");
  batch_view view{data.substr(0, size)};
  if (view.record_count() < 0 || view.last_offset_delta() < 0)
    return fail(errc::malformed, std::to_string(view.record_count()) + " records with the last offset delta "
                                     + std::to_string(view.last_offset_delta()));
  // So that no offset which is derived from the header can overflow.
  constexpr auto last =
      std::numeric_limits<std::int64_t>::max() - std::numeric_limits<std::int32_t>::max() - 1;
  if (view.base_offset().value() < 0 || view.base_offset().value() > last)
    return fail(errc::malformed, "the base offset " + std::to_string(view.base_offset().value()));
  return view;
}

bool batch_view::crc_ok() const noexcept { return crc32c(checksummed()) == crc(); }

std::optional<batch_view> batch_cursor::next() {
  if (!ok() || position_ == data_.size())
    return std::nullopt;
  auto batch = batch_view::parse(data_.substr(position_));
  if (!batch) {
    error_ = std::move(batch).error();
    return std::nullopt;
  }
  position_ += batch->size();
  return *batch;
}

void assign_offsets(char* batch, offset base_offset, leader_epoch epoch) noexcept {
  store_be(batch + position::base_offset, base_offset.value());
  store_be(batch + position::leader_epoch, epoch.value());
}

void assign_offsets(bytes& batch, offset base_offset, leader_epoch epoch) noexcept {
  CHECK(batch.size() >= position::records);
  assign_offsets(batch.mutable_data(), base_offset, epoch);
}

void assign_max_timestamp(char* batch, timestamp_ms max) noexcept {
  store_be(batch + position::max_timestamp, max.value());
  auto length = load_be<std::int32_t>(batch + position::length);
  auto size = static_cast<std::size_t>(length) + length_prefix_bytes;
  store_be(batch + position::crc, crc32c({batch + position::attributes, size - position::attributes}));
}

void assign_log_append_time(char* batch, timestamp_ms now) noexcept {
  auto attributes = load_be<std::int16_t>(batch + position::attributes);
  store_be(batch + position::attributes, static_cast<std::int16_t>(attributes | attribute::log_append_time));
  assign_max_timestamp(batch, now);
}

void assign_log_append_time(bytes& batch, timestamp_ms now) noexcept {
  CHECK(batch_view::parse(batch.view()).has_value());
  assign_log_append_time(batch.mutable_data(), now);
}

} // namespace troupe::record
