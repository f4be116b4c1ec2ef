#include "runtime/record/record_scan.hpp"

#include <cstring>
#include <string>

namespace troupe::record::detail {

namespace {

constexpr std::size_t window_size = 64 * limits::kib;
constexpr std::size_t varlong_max_bytes = 10;

} // namespace

result<record_scan> record_scan::open(const batch_view& batch, decompression_budget& budget) {
  record_scan scan;
  auto section = batch.records_section();
  if (batch.compression() == compression::none) {
    scan.at_ = section.data();
    scan.end_ = scan.at_ + section.size();
    scan.drained_ = true;
    return scan;
  }
  auto codec = decompressor::open(batch.compression(), section, budget);
  if (!codec)
    return fail(std::move(codec));
  scan.codec_ = std::move(*codec);
  scan.at_ = scan.end_ = scan.window_.reserve(window_size);
  return scan;
}

bool record_scan::damaged(const char* what) {
  if (error_.code == errc::none)
    error_ = {errc::invalid_record, what};
  at_ = end_;
  drained_ = true;
  return false;
}

/// Reads behind what is left in the window, which moves to its front, until the window is full or nothing
/// comes.
bool record_scan::fill_window() {
  auto left = static_cast<std::size_t>(end_ - at_);
  auto* begin = window_.reserve(window_size);
  consumed_ += static_cast<std::uint64_t>(at_ - begin);
  std::memmove(begin, at_, left);
  while (!drained_ && left < window_size) {
    auto n = codec_->read(begin + left, window_size - left);
    if (!n) {
      error_ = std::move(n).error();
      if (error_.code == errc::malformed)
        error_.code = errc::invalid_record;
      return damaged("");
    }
    drained_ = *n == 0;
    left += *n;
  }
  at_ = begin;
  end_ = begin + left;
  return true;
}

bool record_scan::next_slowly(record_head& head) {
  if (drained_)
    return at_ == end_ ? false : damaged("a record is damaged");
  if (!fill_window() || at_ == end_)
    return false;
  record_layout r;
  if (auto* behind = read_record(at_, end_, r)) {
    at_ = behind;
    head = {r.timestamp_delta, r.offset_delta, r.key_size >= 0};
    return true;
  }
  return drained_ ? damaged("a record is damaged") : next_in_pieces(head);
}

/// A record that is larger than the window, or damaged.
bool record_scan::next_in_pieces(record_head& head) {
  constexpr auto what = "a record is damaged";
  std::int32_t length = 0;
  std::int32_t size = 0;
  std::int32_t headers = 0;
  std::uint8_t attributes = 0;
  auto position = [this] { return consumed_ + static_cast<std::uint64_t>(at_ - window_.view().data()); };
  if (!piece_varint(length) || length < 0)
    return damaged(what);
  auto end = position() + static_cast<std::uint64_t>(length);
  if (!piece_byte(attributes) || !piece_varlong(head.timestamp_delta) || !piece_varint(head.offset_delta)
      || !piece_sized(-1, size))
    return damaged(what);
  head.has_key = size >= 0;
  if (!piece_sized(-1, size) || !piece_varint(headers) || headers < 0)
    return damaged(what);
  for (; headers > 0; --headers)
    if (!piece_sized(0, size) || !piece_sized(-1, size))
      return damaged(what);
  return position() == end || damaged(what);
}

/// When everything in the window is used up.
bool record_scan::refill() { return !drained_ && fill_window() && at_ != end_; }

bool record_scan::piece_byte(std::uint8_t& byte) {
  if (at_ == end_ && !refill())
    return false;
  byte = static_cast<std::uint8_t>(*at_++);
  return true;
}

bool record_scan::piece_varlong(std::int64_t& value) {
  char raw[varlong_max_bytes];
  for (std::size_t n = 0; n < sizeof raw; ++n) {
    std::uint8_t byte = 0;
    if (!piece_byte(byte))
      return false;
    raw[n] = static_cast<char>(byte);
    const char* from = raw;
    if (byte < 0x80)
      return read_varlong(from, raw + n + 1, value);
  }
  return false;
}

bool record_scan::piece_varint(std::int32_t& value) {
  std::int64_t wide = 0;
  if (!piece_varlong(wide) || wide != static_cast<std::int32_t>(wide))
    return false;
  value = static_cast<std::int32_t>(wide);
  return true;
}

bool record_scan::piece_skip(std::int32_t size) {
  while (size > 0) {
    if (at_ == end_ && !refill())
      return false;
    auto n = static_cast<std::int32_t>(std::min<std::ptrdiff_t>(size, end_ - at_));
    at_ += n;
    size -= n;
  }
  return true;
}

bool record_scan::piece_sized(std::int32_t least, std::int32_t& size) {
  return piece_varint(size) && size >= least && piece_skip(size);
}

} // namespace troupe::record::detail
