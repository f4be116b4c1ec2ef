// The decompressors: the first byte chooses the codec. Whatever goes in, no more than the cap comes out, and
// reading in pieces gives what reading at once gives. The rest also goes the other way round.
#include "runtime/record/compression.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using namespace troupe;
using namespace troupe::record;

namespace {

constexpr std::size_t cap = 256 * limits::kib;

result<std::string> in_pieces(compression codec, std::string_view input, std::size_t piece) {
  decompression_budget budget{cap, cap};
  auto reader = decompressor::open(codec, input, budget);
  if (!reader)
    return fail(std::move(reader));
  std::string out;
  std::string buffer(piece, '\0');
  for (;;) {
    auto n = (*reader)->read(buffer.data(), piece);
    if (!n)
      return fail(std::move(n));
    if (*n == 0)
      return out;
    CHECK(*n <= piece);
    out.append(buffer, 0, *n);
    CHECK(out.size() <= cap && budget.left_bytes() == cap - out.size());
  }
}

void check_round_trip(compression codec, std::string_view plain) {
  std::vector<char> packed;
  compress(codec, plain, packed);
  decompression_budget budget;
  auto back = decompress(codec, {packed.data(), packed.size()}, budget);
  CHECK(back && back->view() == plain);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto codec = static_cast<compression>(1 + in.number<std::uint8_t>() % 5); // 5 is none of them
  auto piece = std::size_t{1} + in.number<std::uint8_t>() * 7;
  decompression_budget budget{cap, cap};
  auto whole = decompress(codec, in.rest(), budget);
  auto pieces = in_pieces(codec, in.rest(), piece);
  CHECK(whole.has_value() == pieces.has_value());
  if (!whole)
    CHECK(whole.error().code == pieces.error().code);
  else
    CHECK(whole->view() == *pieces && whole->size() <= cap);
  if (is_known(codec)) {
    check_round_trip(codec, in.rest());
    if (whole)
      check_round_trip(codec, whole->view());
  }
  return 0;
}
