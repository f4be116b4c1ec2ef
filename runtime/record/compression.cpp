#include "runtime/record/compression.hpp"

#include "runtime/base/check.hpp"
#include "runtime/record/codec.hpp"

#include <cstdlib>
#include <string>

namespace troupe::record {

std::string_view name(compression c) noexcept {
  switch (c) {
  case compression::none:
    return "none";
  case compression::gzip:
    return "gzip";
  case compression::snappy:
    return "snappy";
  case compression::lz4:
    return "lz4";
  case compression::zstd:
    return "zstd";
  }
  return "unknown";
}

result<std::unique_ptr<decompressor>> decompressor::open(compression c, std::string_view input,
                                                         decompression_budget& budget) {
  switch (c) {
  case compression::none:
    break;
  case compression::gzip:
    return detail::open_gzip(input, budget);
  case compression::snappy:
    return detail::open_snappy(input, budget);
  case compression::lz4:
    return detail::open_lz4(input, budget);
  case compression::zstd:
    return detail::open_zstd(input, budget);
  }
  return fail(errc::unsupported_compression, "compression type " + std::to_string(static_cast<int>(c)));
}

result<std::size_t> decompressor::read(char* out, std::size_t size) {
  if (size == 0)
    return 0;
  // One byte more than is allowed tells an output that is too large from one that just fits.
  auto produced = produce(out, std::min(size, left_ + 1));
  if (!produced)
    return produced;
  if (*produced > left_)
    return fail(errc::too_large, "the batch decompresses to more than it may");
  left_ -= *produced;
  budget_.spend(*produced);
  return produced;
}

void growing_buffer::release::operator()(char* data) const noexcept { std::free(data); }

char* growing_buffer::reserve(std::size_t size) {
  if (size > capacity_) {
    auto* grown = static_cast<char*>(std::realloc(data_.get(), size));
    CHECK(grown != nullptr, "out of memory");
    static_cast<void>(data_.release());
    data_.reset(grown);
    capacity_ = size;
  }
  return data_.get();
}

result<growing_buffer> decompress(compression c, std::string_view input, decompression_budget& budget) {
  auto codec = decompressor::open(c, input, budget);
  if (!codec)
    return fail(std::move(codec));
  // The last byte is the one by which the decompressor notices that there is too much.
  auto most = budget.next_batch_bytes() + 1;
  growing_buffer out;
  auto likely = std::max({input.size() * 3, 4 * limits::kib, (*codec)->announced_bytes()});
  auto room = std::min(most, likely);
  for (;;) {
    auto* at = out.reserve(room) + out.size();
    auto n = (*codec)->read(at, room - out.size());
    if (!n)
      return fail(std::move(n));
    if (*n == 0)
      return out;
    out.resize(out.size() + *n);
    if (out.size() == room)
      room = std::min(most, room * 2);
  }
}

void compress(compression c, std::string_view input, std::vector<char>& out, std::optional<int> level) {
  switch (c) {
  case compression::none:
    out.insert(out.end(), input.begin(), input.end());
    return;
  case compression::gzip:
    detail::compress_gzip(input, out, level);
    return;
  case compression::snappy:
    detail::compress_snappy(input, out);
    return;
  case compression::lz4:
    detail::compress_lz4(input, out, level);
    return;
  case compression::zstd:
    detail::compress_zstd(input, out, level);
    return;
  }
  CHECK(false, "a compression that is none of the five");
}

} // namespace troupe::record
