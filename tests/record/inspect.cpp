#define CAF_SUITE inspect
#include "caf/test/unit_test.hpp"

#include "runtime/record/inspect.hpp"
#include "tests/record/support.hpp"

using namespace record_test;

namespace {

/// Offsets 100 to 104 with the times 10, 30, 20, 30, 40.
std::string sample(compression codec) {
  batch_options options;
  options.compression = codec;
  options.base_offset = offset{100};
  batch_builder builder{options};
  for (auto t : {10, 30, 20, 30, 40})
    static_cast<void>(builder.add(timestamp_ms{t}, "k", std::string(50'000, 'v')));
  return std::string{builder.build().view()};
}

} // namespace

CAF_TEST(the first record of a time or later is found in every compression) {
  for (auto codec : all_codecs) {
    auto data = sample(codec);
    auto batch = *batch_view::parse(data);
    auto find = [&](std::int64_t time, std::int64_t from) {
      decompression_budget budget;
      return *find_by_time(batch, timestamp_ms{time}, offset{from}, budget);
    };
    auto at = [](std::int64_t o, std::int64_t t) { return record_position{offset{o}, timestamp_ms{t}}; };
    CAF_CHECK(find(0, 0) == at(100, 10));
    CAF_CHECK(find(10, 0) == at(100, 10));
    CAF_CHECK(find(11, 0) == at(101, 30));
    CAF_CHECK(find(11, 102) == at(102, 20));
    CAF_CHECK(find(30, 102) == at(103, 30));
    CAF_CHECK(find(31, 0) == at(104, 40));
    CAF_CHECK(!find(41, 0));
    CAF_CHECK(!find(0, 105));
  }
}

CAF_TEST(the first of the records with the largest time is found) {
  for (auto codec : all_codecs) {
    auto data = sample(codec);
    decompression_budget budget;
    auto found = find_max_timestamp(*batch_view::parse(data), budget);
    CAF_REQUIRE(found.has_value());
    CAF_CHECK(*found == (record_position{offset{104}, timestamp_ms{40}}));
  }
  auto data = batch_around(record_bytes({5, 0}) + record_bytes({7, 1}) + record_bytes({7, 2}), 3);
  decompression_budget budget;
  CAF_CHECK_EQUAL((*find_max_timestamp(*batch_view::parse(data), budget))->offset.value(), 1);
}

CAF_TEST(with the append time every record has that of the batch) {
  auto data = sample(compression::none);
  assign_log_append_time(data.data(), timestamp_ms{500});
  auto batch = *batch_view::parse(data);
  decompression_budget budget;
  CAF_CHECK(**find_max_timestamp(batch, budget) == (record_position{offset{100}, timestamp_ms{500}}));
  CAF_CHECK(**find_by_time(batch, timestamp_ms{500}, offset{102}, budget)
            == (record_position{offset{102}, timestamp_ms{500}}));
  CAF_CHECK(!*find_by_time(batch, timestamp_ms{501}, offset{0}, budget));
}

CAF_TEST(damaged batches are errors) {
  decompression_budget budget;
  auto cut = batch_around(record_bytes({}).substr(0, 5), 1);
  CAF_CHECK_EQUAL(code_of(find_max_timestamp(*batch_view::parse(cut), budget)), "invalid_record");
  auto beyond = batch_around(record_bytes({0, 7}), 1);
  CAF_CHECK_EQUAL(code_of(find_max_timestamp(*batch_view::parse(beyond), budget)), "invalid_record");
  auto unknown = changed(cut, position::attributes, std::int16_t{6});
  CAF_CHECK_EQUAL(code_of(find_max_timestamp(*batch_view::parse(unknown), budget)),
                  "unsupported_compression");
}
