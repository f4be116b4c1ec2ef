#define CAF_SUITE builder
#include "caf/test/unit_test.hpp"

#include "runtime/record/validator.hpp"
#include "tests/record/support.hpp"

#include <limits>

using namespace record_test;

namespace {

struct owned_record {
  std::int64_t time = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

owned_record random_record(random_source& random) {
  owned_record r;
  r.time = now_ms + static_cast<std::int64_t>(random.below(100'000)) - 50'000;
  if (!random.one_in(4))
    r.key = random_text(random, 20);
  if (!random.one_in(4))
    r.value = random_text(random, random.one_in(20) ? 100'000 : 200);
  for (auto n = random.below(4); n > 0; --n) {
    r.headers.emplace_back(random_text(random, 10), std::nullopt);
    if (!random.one_in(3))
      r.headers.back().second = random_text(random, 10);
  }
  return r;
}

std::vector<header_view> views(const owned_record& r) {
  std::vector<header_view> out;
  for (auto& [key, value] : r.headers)
    out.push_back({key, value});
  return out;
}

void check_same(batch_records& records, const std::vector<owned_record>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    auto& e = expected[i];
    auto r = records.next();
    CAF_REQUIRE(r.has_value());
    CAF_CHECK_EQUAL(records.offset_of(*r).value(), static_cast<std::int64_t>(i));
    CAF_CHECK_EQUAL(records.timestamp_of(*r).value(), e.time);
    CAF_CHECK(r->key == e.key);
    CAF_CHECK(r->value == e.value);
    CAF_CHECK(r->headers() == views(e));
  }
  CAF_CHECK(!records.next());
  CAF_CHECK(records.ok());
}

} // namespace

CAF_TEST(random batches come back in every compression and are valid) {
  random_source random{11};
  for (int round = 0; round < 60; ++round)
    for (auto codec : all_codecs) {
      batch_options options;
      options.compression = codec;
      batch_builder builder{options};
      std::vector<owned_record> expected;
      for (auto n = 1 + random.below(30); n > 0; --n) {
        auto& r = expected.emplace_back(random_record(random));
        auto before = builder.uncompressed_size_bytes();
        CAF_REQUIRE(builder.add(timestamp_ms{r.time}, r.key, r.value, views(r)).has_value());
        CAF_CHECK_LESS_OR_EQUAL(builder.uncompressed_size_bytes() - before,
                                batch_builder::size_bound(r.key, r.value, views(r)));
      }
      CAF_CHECK_EQUAL(builder.record_count(), static_cast<std::int32_t>(expected.size()));
      auto size = builder.uncompressed_size_bytes();
      auto data = builder.build();
      if (codec == compression::none)
        CAF_CHECK_EQUAL(data.size(), size);
      CAF_CHECK(builder.empty());
      validation_rules rules;
      rules.now = timestamp_ms{now_ms};
      rules.max_message_bytes = 8 * limits::mib;
      decompression_budget budget;
      CAF_REQUIRE_EQUAL(code_of(validate_batch(data.view(), rules, budget)), "none");
      auto batch = batch_view::parse(data.view());
      CAF_CHECK(batch->compression() == codec);
      auto records = batch_records::open(*batch, budget);
      CAF_REQUIRE(records.has_value());
      check_same(*records, expected);
    }
}

CAF_TEST(the bytes agree with those written by the plain cursor) {
  batch_builder builder;
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms}, "k", "v").has_value());
  header_view headers[] = {{"h", "1"}, {"n", std::nullopt}};
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms - 100}, std::nullopt, std::nullopt, headers).has_value());
  auto data = builder.build();
  auto section = record_bytes({})
                 + record_bytes({-100, 1, std::nullopt, std::nullopt, {{"h", "1"}, {"n", std::nullopt}}});
  CAF_CHECK_EQUAL(data.view().substr(position::records), section);
  auto batch = batch_view::parse(data.view());
  CAF_CHECK_EQUAL(batch->base_timestamp().value(), now_ms);
  CAF_CHECK_EQUAL(batch->max_timestamp().value(), now_ms);
}

CAF_TEST(a builder starts anew after each batch) {
  batch_builder builder;
  builder.options().producer_id = producer_id{9};
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms}, "first", "x").has_value());
  auto first = builder.build();
  builder.options().base_sequence = 1;
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms + 50}, "second", "y").has_value());
  auto second = builder.build();
  auto batch = batch_view::parse(second.view());
  CAF_CHECK_EQUAL(batch->record_count(), 1);
  CAF_CHECK_EQUAL(batch->base_timestamp().value(), now_ms + 50);
  CAF_CHECK_EQUAL(batch->producer_id().value(), 9);
  CAF_CHECK_EQUAL(batch->base_sequence(), 1);
  CAF_CHECK(batch->crc_ok());
}

CAF_TEST(the options appear in the header) {
  batch_options options;
  options.timestamps = timestamp_type::log_append_time;
  options.is_control = true;
  options.is_transactional = true;
  options.compression = compression::gzip;
  auto data = small_batch(1, options);
  CAF_CHECK_EQUAL(batch_view::parse(data)->attributes(), 0x39);
}

CAF_TEST(times that no delta can bridge are refused) {
  batch_builder builder;
  CAF_REQUIRE(builder.add(timestamp_ms{std::numeric_limits<std::int64_t>::min()}, "k", "v").has_value());
  CAF_CHECK_EQUAL(code_of(builder.add(timestamp_ms{now_ms}, "k", "v")), "invalid_timestamp");
  CAF_CHECK_EQUAL(builder.record_count(), 1);
}

CAF_TEST(a record larger than a batch can be is refused before it is copied) {
  batch_builder builder;
  std::string_view huge{"x", std::size_t{1} << 31};
  CAF_CHECK_EQUAL(code_of(builder.add(timestamp_ms{now_ms}, "k", huge)), "too_large");
  CAF_CHECK(builder.empty());
}
