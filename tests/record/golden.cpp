#define CAF_SUITE golden
#include "caf/test/unit_test.hpp"

#include "runtime/record/validator.hpp"
#include "tests/record/golden_batches.hpp"
#include "tests/record/support.hpp"

using namespace record_test;

namespace {

using headers_type = std::vector<header_view>;

void check_records(const golden_batch& golden, batch_records& records) {
  auto next = [&](std::int64_t time, std::optional<std::string> key, std::optional<std::string> value,
                  const headers_type& headers) {
    auto r = records.next();
    CAF_REQUIRE(r.has_value());
    CAF_CHECK_EQUAL(records.timestamp_of(*r).value(), now_ms + time);
    CAF_CHECK(r->key == key);
    CAF_CHECK(r->value == value);
    CAF_CHECK(r->headers() == headers);
  };
  next(0, std::nullopt, "a", {});
  next(5, "k", std::nullopt, {});
  if (golden.client.starts_with("kafka-python"))
    next(1, "", "", {{"h", "v"}, {"h", ""}});
  else
    next(1, "", "", {{"h", "v"}, {"n", std::nullopt}, {"h", ""}});
  next(300, "big", std::string(300, 'x'), {});
  CAF_CHECK(!records.next());
  CAF_CHECK(records.ok());
}

} // namespace

CAF_TEST(batches of real clients are valid and give the records that were sent) {
  for (auto& golden : golden_batches) {
    CAF_MESSAGE(golden.client << ", " << name(golden.codec));
    auto data = from_hex(golden.hex);
    auto batch = batch_view::parse(data);
    CAF_REQUIRE(batch.has_value());
    CAF_CHECK(batch->compression() == golden.codec);
    validation_rules rules;
    rules.now = timestamp_ms{now_ms};
    decompression_budget budget;
    auto info = validate_batch(data, rules, budget);
    CAF_REQUIRE_EQUAL(code_of(info), "none");
    CAF_CHECK_EQUAL(info->record_count, 4);
    CAF_CHECK_EQUAL(info->max_timestamp.value(), now_ms + 300);
    CAF_CHECK_EQUAL(info->max_timestamp_offset_delta, 3);
    CAF_CHECK(!info->needs_timestamp);
    auto records = batch_records::open(*batch, budget);
    CAF_REQUIRE(records.has_value());
    check_records(golden, *records);
  }
}

CAF_TEST(the fields of the Java batch are those that were asked for) {
  for (auto& golden : golden_batches) {
    auto data = from_hex(golden.hex);
    auto batch = batch_view::parse(data);
    auto java = golden.client.starts_with("kafka-clients");
    CAF_CHECK_EQUAL(batch->has_producer_id(), java || golden.client.ends_with("idempotent"));
    if (java) {
      CAF_CHECK_EQUAL(batch->producer_id().value(), 4242);
      CAF_CHECK_EQUAL(batch->producer_epoch().value(), 7);
      CAF_CHECK_EQUAL(batch->base_sequence(), 100);
      CAF_CHECK_EQUAL(batch->last_sequence(), 103);
    }
  }
}

CAF_TEST(the builder writes the same bytes as Java without compression) {
  auto& golden = *std::find_if(std::begin(golden_batches), std::end(golden_batches), [](auto& g) {
    return g.client.starts_with("kafka-clients") && g.codec == compression::none;
  });
  batch_options options;
  options.producer_id = producer_id{4242};
  options.producer_epoch = producer_epoch{7};
  options.base_sequence = 100;
  batch_builder builder{options};
  header_view headers[] = {{"h", "v"}, {"n", std::nullopt}, {"h", ""}};
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms}, std::nullopt, "a").has_value());
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms + 5}, "k", std::nullopt).has_value());
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms + 1}, "", "", headers).has_value());
  CAF_REQUIRE(builder.add(timestamp_ms{now_ms + 300}, "big", std::string(300, 'x')).has_value());
  CAF_CHECK(builder.build().view() == from_hex(golden.hex));
}
