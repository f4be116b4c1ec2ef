#define CAF_SUITE record_batch_parts

#include "runtime/record/batch_parts.hpp"

#include "runtime/record/batch_view.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/record_view.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe;

CAF_TEST(halves of a compressed batch hold the same records) {
  record::batch_builder builder;
  builder.options().compression = record::compression::zstd;
  record::header_view header{"h", "1"};
  for (int i = 0; i < 7; ++i)
    CAF_REQUIRE(
        builder.add(timestamp_ms{1000 + i}, "k" + std::to_string(i), "v" + std::to_string(i), std::span{&header, 1}));
  auto halves = record::split_batch(builder.build());
  CAF_REQUIRE(halves.has_value());
  CAF_CHECK_EQUAL(halves->first_count, 3);
  auto i = 0;
  for (auto& half : {halves->first, halves->second}) {
    auto view = record::batch_view::parse(half.view()).value();
    CAF_CHECK(view.compression() == record::compression::zstd);
    record::decompression_budget budget;
    auto records = record::batch_records::open(view, budget);
    CAF_REQUIRE(records.has_value());
    for (auto r = records->next(); r; r = records->next(), ++i) {
      CAF_CHECK_EQUAL(std::string{r->key.value_or("")}, "k" + std::to_string(i));
      CAF_CHECK_EQUAL(std::string{r->value.value_or("")}, "v" + std::to_string(i));
      CAF_CHECK_EQUAL(records->timestamp_of(*r).value(), 1000 + i);
      CAF_CHECK_EQUAL(r->headers().size(), 1u);
    }
  }
  CAF_CHECK_EQUAL(i, 7);
}
