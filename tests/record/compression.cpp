#define CAF_SUITE compression
#include "caf/test/unit_test.hpp"

#include "tests/record/support.hpp"

#include <snappy.h>
#include <zstd.h>

using namespace record_test;

namespace {

result<std::string> unpacked(compression c, std::string_view input,
                             decompression_budget budget = decompression_budget{}) {
  auto out = decompress(c, input, budget);
  if (!out)
    return fail(std::move(out));
  return std::string{out->view()};
}

std::string raw_snappy(std::string_view plain) {
  std::string out;
  snappy::Compress(plain.data(), plain.size(), &out);
  return out;
}

} // namespace

CAF_TEST(what is compressed comes back in every codec and size) {
  random_source random{5};
  for (auto codec : real_codecs)
    for (std::size_t size : {0u, 1u, 100u, 32767u, 32768u, 32769u, 65536u, 70'000u, 300'000u}) {
      std::string plain(size, '\0');
      for (auto& c : plain)
        c = static_cast<char>(random.below(size % 2 == 0 ? 4 : 256));
      decompression_budget budget;
      auto out = decompress(codec, packed(codec, plain), budget);
      CAF_REQUIRE(out.has_value());
      CAF_CHECK(out->view() == plain);
      CAF_CHECK_EQUAL(budget.left_bytes(), limits::decompressed_request_max_bytes - size);
    }
}

CAF_TEST(compressing appends to what is there) {
  for (auto codec : all_codecs) {
    std::vector<char> out{'a', 'b'};
    compress(codec, "hello", out);
    CAF_CHECK_EQUAL(std::string_view(out.data(), 2), "ab");
    if (codec != compression::none)
      CAF_CHECK(unpacked(codec, {out.data() + 2, out.size() - 2}) == std::string{"hello"});
  }
}

CAF_TEST(a reader may ask for a byte at a time) {
  for (auto codec : real_codecs) {
    auto plain = std::string(1000, 'x') + "end";
    auto input = packed(codec, plain);
    decompression_budget budget;
    auto d = decompressor::open(codec, input, budget);
    CAF_REQUIRE(d.has_value());
    std::string out;
    for (char c = 0;; out.push_back(c)) {
      auto n = (*d)->read(&c, 1);
      CAF_REQUIRE(n.has_value());
      if (*n == 0)
        break;
    }
    CAF_CHECK_EQUAL(out, plain);
    auto more = (*d)->read(out.data(), 10);
    CAF_CHECK(more && *more == 0);
  }
}

CAF_TEST(snappy is read with and without the framing of Java) {
  auto plain = std::string(100'000, 'x') + "tail";
  CAF_CHECK(
      packed(compression::snappy, plain).starts_with(std::string_view{"\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16}));
  CAF_CHECK(*unpacked(compression::snappy, packed(compression::snappy, plain)) == plain);
  CAF_CHECK(*unpacked(compression::snappy, raw_snappy(plain)) == plain);
  CAF_CHECK(unpacked(compression::snappy, raw_snappy("")) == std::string{""});
}

CAF_TEST(damaged snappy frames are refused) {
  auto good = packed(compression::snappy, std::string(40'000, 'x'));
  CAF_CHECK_EQUAL(code_of(unpacked(compression::snappy, "")), "malformed");
  CAF_CHECK_EQUAL(code_of(unpacked(compression::snappy, good.substr(0, 16))), "malformed");
  CAF_CHECK_EQUAL(code_of(unpacked(compression::snappy, good.substr(0, good.size() - 1))), "malformed");
  CAF_CHECK_EQUAL(code_of(unpacked(compression::snappy, good + "x")), "malformed");
  CAF_CHECK_EQUAL(code_of(unpacked(compression::snappy, raw_snappy("hello") + "x")), "malformed");
  auto negative = good;
  set(negative, 16, std::int32_t{-5});
  CAF_CHECK_EQUAL(code_of(unpacked(compression::snappy, negative)), "malformed");
  // Four bytes that claim to be 4 GiB: refused before anything is allocated.
  CAF_CHECK_EQUAL(code_of(unpacked(compression::snappy, "\xff\xff\xff\xff\x0f")), "malformed");
}

CAF_TEST(truncated input and bytes behind the end are refused) {
  auto plain = std::string(5000, 'y') + "something else";
  for (auto codec : real_codecs) {
    auto good = packed(codec, plain);
    CAF_REQUIRE(unpacked(codec, good) == plain);
    for (std::size_t size = 0; size < good.size(); ++size)
      CAF_CHECK_EQUAL(code_of(unpacked(codec, std::string_view{good}.substr(0, size))), "malformed");
    CAF_CHECK_EQUAL(code_of(unpacked(codec, good + '\0')), "malformed");
    CAF_CHECK_EQUAL(code_of(unpacked(codec, good + good)), "malformed");
  }
}

CAF_TEST(types that name no compression are refused) {
  for (auto type : {0, 5, 6, 7})
    CAF_CHECK_EQUAL(code_of(unpacked(static_cast<compression>(type), "x")), "unsupported_compression");
  CAF_CHECK_EQUAL(name(static_cast<compression>(6)), "unknown");
  CAF_CHECK_EQUAL(name(compression::lz4), "lz4");
}

CAF_TEST(the cap is exact for a batch and for a request) {
  for (auto codec : real_codecs) {
    auto input = packed(codec, std::string(10'000, 'z'));
    CAF_CHECK_EQUAL(code_of(unpacked(codec, input, decompression_budget{100'000, 10'000})), "none");
    CAF_CHECK_EQUAL(code_of(unpacked(codec, input, decompression_budget{100'000, 9'999})), "too_large");
    CAF_CHECK_EQUAL(code_of(unpacked(codec, input, decompression_budget{9'999, 100'000})), "too_large");
    decompression_budget budget{25'000, 100'000};
    CAF_CHECK(decompress(codec, input, budget).has_value());
    CAF_CHECK(decompress(codec, input, budget).has_value());
    CAF_CHECK_EQUAL(code_of(decompress(codec, input, budget)), "too_large");
  }
}

CAF_TEST(a zstd frame that lies about its size costs nothing) {
  // Frame header with an 8-byte content size of 2^60, then an empty last raw block.
  std::string_view frame{"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x10\x01\0\0", 16};
  CAF_CHECK_EQUAL(code_of(unpacked(compression::zstd, frame)), "malformed");
}

CAF_TEST(a zstd frame that announces more than there is is refused in pieces as in one) {
  // A content size of 62,720 in a single segment, then an empty last raw block.
  std::string_view frame{"\x28\xb5\x2f\xfd\x73\0\0\0\0\x00\xf4\x01\0\0", 14};
  CAF_CHECK_EQUAL(code_of(unpacked(compression::zstd, frame)), "malformed");
  decompression_budget budget;
  auto reader = decompressor::open(compression::zstd, frame, budget);
  CAF_REQUIRE(reader.has_value());
  char some[22];
  auto read = (*reader)->read(some, sizeof some);
  CAF_CHECK(!read && read.error() == errc::malformed);
}

CAF_TEST(zstd of the highest level and of unknown size is read) {
  auto* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 19);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
  std::string plain(3'000'000, 'q');
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  ZSTD_inBuffer input{plain.data(), 1000, 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush);
  input.size = plain.size();
  CAF_REQUIRE_EQUAL(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end), 0u);
  ZSTD_freeCCtx(context);
  CAF_CHECK(unpacked(compression::zstd, {out.data(), output.pos}) == plain);
}
