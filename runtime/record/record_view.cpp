#include "runtime/record/record_view.hpp"

#include "runtime/base/check.hpp"
#include "runtime/record/record_parse.hpp"

namespace troupe::record {

namespace detail {

namespace {

template <class Signed, class Unsigned>
bool zigzag_tail(const char*& at, const char* end, Unsigned raw, Signed& value) noexcept {
  constexpr int bits = sizeof(Unsigned) * 8;
  for (int shift = 14; shift < bits; shift += 7) {
    if (at == end)
      return false;
    Unsigned byte = static_cast<std::uint8_t>(*at++);
    if (shift + 7 > bits && (byte & 0x7f) >> (bits - shift) != 0)
      return false; // bits that the type does not have
    raw |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = unzigzag<Signed>(raw);
      return true;
    }
  }
  return false;
}

} // namespace

bool read_varint_tail(const char*& at, const char* end, std::uint32_t low, std::int32_t& value) noexcept {
  return zigzag_tail(at, end, low, value);
}

bool read_varlong_tail(const char*& at, const char* end, std::uint64_t low, std::int64_t& value) noexcept {
  return zigzag_tail(at, end, low, value);
}

} // namespace detail

namespace {

std::optional<std::string_view> nullable(const char* data, std::int32_t size) noexcept {
  if (size < 0)
    return std::nullopt;
  return std::string_view{data, static_cast<std::size_t>(size)};
}

} // namespace

std::vector<header_view> record_view::headers() const {
  std::vector<header_view> result;
  result.reserve(static_cast<std::size_t>(header_count));
  auto at = raw_headers.data();
  auto end = at + raw_headers.size();
  for (std::int32_t i = 0; i < header_count; ++i) {
    std::int32_t key_size = 0;
    std::int32_t value_size = 0;
    CHECK(detail::read_sized(at, end, 0, key_size), "the cursor has checked the headers");
    std::string_view key{at - key_size, static_cast<std::size_t>(key_size)};
    CHECK(detail::read_sized(at, end, -1, value_size), "the cursor has checked the headers");
    result.push_back({key, nullable(value_size > 0 ? at - value_size : at, value_size)});
  }
  return result;
}

std::optional<record_view> record_cursor::next() {
  if (failed_ || at_ == end_)
    return std::nullopt;
  detail::record_layout r;
  auto* behind = detail::read_record(at_, end_, r);
  if (behind == nullptr) {
    failed_ = true;
    return std::nullopt;
  }
  record_view view;
  view.attributes = r.attributes;
  view.timestamp_delta = r.timestamp_delta;
  view.offset_delta = r.offset_delta;
  view.key = nullable(r.key, r.key_size);
  view.value = nullable(r.value, r.value_size);
  view.header_count = r.header_count;
  view.raw_headers = {r.headers, static_cast<std::size_t>(behind - r.headers)};
  view.raw = {at_, static_cast<std::size_t>(behind - at_)};
  at_ = behind;
  return view;
}

result<batch_records> batch_records::open(const batch_view& batch, decompression_budget& budget) {
  if (batch.compression() == compression::none)
    return batch_records{batch, {}, batch.records_section()};
  auto section = decompress(batch.compression(), batch.records_section(), budget);
  if (!section)
    return fail(std::move(section));
  auto view = section->view();
  return batch_records{batch, std::move(*section), view};
}

std::optional<record_view> batch_records::next() {
  auto record = cursor_.next();
  if (record)
    ++given_;
  failed_ = failed_ || !cursor_.ok() || given_ > batch_.record_count()
            || (!record && given_ != batch_.record_count());
  return failed_ ? std::nullopt : record;
}

timestamp_ms batch_records::timestamp_of(const record_view& r) const noexcept {
  if (batch_.timestamp_type() == timestamp_type::log_append_time)
    return batch_.max_timestamp();
  // Unsigned: what the deltas of a batch that nobody validated give may wrap around.
  return timestamp_ms{static_cast<std::int64_t>(static_cast<std::uint64_t>(batch_.base_timestamp().value())
                                                + static_cast<std::uint64_t>(r.timestamp_delta))};
}

} // namespace troupe::record
