#define CAF_SUITE record_recompress
#include "caf/test/unit_test.hpp"

#include "runtime/record/recompress.hpp"
#include "tests/record/support.hpp"

using namespace record_test;

namespace {

bytes sample(compression codec, std::size_t value_bytes = 300) {
  batch_options options;
  options.compression = codec;
  options.producer_id = producer_id{5};
  options.producer_epoch = producer_epoch{1};
  options.base_sequence = 77;
  batch_builder builder{options};
  header_view headers[] = {{"name", "value"}, {"nothing", std::nullopt}};
  for (int i = 0; i < 20; ++i) {
    auto key = i % 3 == 0 ? std::nullopt : std::optional<std::string_view>{"key"};
    CAF_REQUIRE(builder.add(timestamp_ms{now_ms - i}, key, std::string(value_bytes, static_cast<char>('a' + i)), headers));
  }
  return builder.build();
}

batch_view parsed(const bytes& data) { return *batch_view::parse(data.view()); }

std::string unpacked(const batch_view& batch) {
  decompression_budget budget;
  if (batch.compression() == compression::none)
    return std::string{batch.records_section()};
  return std::string{decompress(batch.compression(), batch.records_section(), budget)->view()};
}

std::string code_of(const result<bytes>& done) { return std::string{name(done ? errc::none : done.error().code)}; }

} // namespace

CAF_TEST(records and all of the header but size codec and checksum stay) {
  for (auto from : all_codecs)
    for (auto to : all_codecs) {
      auto data = sample(from);
      decompression_budget budget;
      auto done = recompress(parsed(data), to, std::nullopt, budget);
      CAF_REQUIRE(done);
      auto before = parsed(data);
      auto after = parsed(*done);
      CAF_CHECK_EQUAL(after.size(), done->size());
      CAF_CHECK(after.crc_ok());
      CAF_CHECK(after.compression() == to);
      CAF_CHECK_EQUAL(unpacked(after), unpacked(before));
      auto middle = [](const batch_view& b) {
        return std::string{b.data().substr(position::last_offset_delta, position::records - position::last_offset_delta)};
      };
      CAF_CHECK_EQUAL(middle(after), middle(before));
      CAF_CHECK_EQUAL(after.attributes() & ~7, before.attributes() & ~7);
    }
}

CAF_TEST(a level makes another size and the same records) {
  auto data = sample(compression::none, 3'000);
  for (auto [codec, low, high] : {std::tuple{compression::gzip, 1, 9}, {compression::lz4, 1, 17},
                                  {compression::zstd, -131'072, 22}}) {
    decompression_budget budget;
    auto quick = recompress(parsed(data), codec, low, budget);
    auto small = recompress(parsed(data), codec, high, budget);
    CAF_REQUIRE(quick && small);
    CAF_CHECK_LESS(small->size(), quick->size());
    CAF_CHECK_EQUAL(unpacked(parsed(*small)), unpacked(parsed(data)));
    CAF_CHECK_EQUAL(unpacked(parsed(*quick)), unpacked(parsed(data)));
  }
}

CAF_TEST(what comes out is bounded) {
  auto data = sample(compression::zstd, 30'000);
  decompression_budget small{100'000};
  CAF_CHECK_EQUAL(code_of(recompress(parsed(data), compression::gzip, std::nullopt, small)), "too_large");
  auto bomb = sample(compression::zstd, 1'000'000);
  decompression_budget budget;
  CAF_CHECK_EQUAL(code_of(recompress(parsed(bomb), compression::none, std::nullopt, budget)), "too_large");
  CAF_CHECK_EQUAL(code_of(recompress(parsed(bomb), compression::lz4, std::nullopt, budget)), "none");
}

CAF_TEST(damaged records are refused) {
  auto data = sample(compression::lz4);
  auto cut = std::string{data.view().substr(0, data.size() - 9)};
  set(cut, position::length, static_cast<std::int32_t>(cut.size() - length_prefix_bytes));
  decompression_budget budget;
  CAF_CHECK_EQUAL(code_of(recompress(*batch_view::parse(cut), compression::gzip, std::nullopt, budget)), "malformed");
}
