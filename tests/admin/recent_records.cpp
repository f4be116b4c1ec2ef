#define CAF_SUITE admin_recent_records

#include "caf/test/unit_test.hpp"

#include "actors/admin/recent_records.hpp"
#include "runtime/record/builder.hpp"

#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::admin;

namespace {

/// Records of value "v<offset>" from `base` on, at a time of 1000 + offset.
bytes batch(std::int64_t base, int count) {
  record::batch_builder builder;
  builder.options().base_offset = offset{base};
  builder.options().compression = record::compression::lz4;
  for (int i = 0; i < count; ++i) {
    std::string value{'v'};
    value += std::to_string(base + i);
    CAF_REQUIRE(builder.add(timestamp_ms{1000 + base + i}, std::nullopt, value).has_value());
  }
  return builder.build();
}

search_start start(std::int32_t partition, std::int64_t log_start, std::int64_t high_watermark) {
  return {partition, offset{log_start}, offset{high_watermark}};
}

std::vector<std::string> values(const recent_records& from) {
  std::vector<std::string> all;
  auto found = from.to_json();
  for (auto& one : found["records"])
    all.push_back(one["value"]["text"].get<std::string>());
  return all;
}

} // namespace

CAF_TEST(the newest of all partitions in the order of their times) {
  recent_records search{"t", {start(0, 0, 10), start(3, 0, 20)}, 4};
  auto first = search.next();
  CAF_REQUIRE(first.has_value());
  CAF_CHECK_EQUAL(first->from.value(), 6);
  auto second = search.next();
  CAF_REQUIRE(second.has_value());
  CAF_CHECK_EQUAL(second->partition, 3);
  CAF_CHECK_EQUAL(second->from.value(), 16);
  CAF_CHECK(!search.next());
  CAF_CHECK(!search.done());
  search.take(second->part, errc::none, {batch(10, 10)});
  search.take(first->part, errc::none, {batch(5, 3), batch(8, 2)});
  CAF_CHECK(search.done());
  CAF_CHECK(values(search) == (std::vector<std::string>{"v19", "v18", "v17", "v16"}));
}

CAF_TEST(empty and unreadable partitions do not hold it up) {
  recent_records empty{"t", {start(0, 7, 7)}, 4};
  CAF_CHECK(!empty.next());
  CAF_CHECK(empty.done());
  CAF_CHECK(values(empty).empty());
  recent_records gone{"t", {start(0, 0, 7), start(1, 0, 7)}, 4};
  auto first = gone.next();
  auto second = gone.next();
  CAF_REQUIRE(first && second);
  gone.take(first->part, errc::not_leader, {});
  gone.take(second->part, errc::none, {bytes::copy_of("garbage")});
  while (auto more = gone.next())
    gone.take(more->part, errc::none, {bytes::copy_of("garbage")});
  CAF_CHECK(gone.done());
  CAF_CHECK(values(gone).empty());
  gone.take(99, errc::none, {});
}

CAF_TEST(large records are looked for nearer to the end) {
  recent_records search{"t", {start(0, 0, 100)}, 16};
  int reads = 0;
  // One record fits into a read.
  while (auto read = search.next()) {
    search.take(read->part, errc::none, {batch(read->from.value(), 1)});
    ++reads;
  }
  CAF_CHECK(search.done());
  CAF_CHECK(reads <= 6);
  CAF_CHECK(values(search) == std::vector<std::string>{"v99"});
}

CAF_TEST(a gap at the end is no reason to look again) {
  recent_records search{"t", {start(0, 0, 10)}, 4};
  auto read = search.next();
  CAF_REQUIRE(read.has_value());
  record::batch_builder marker;
  marker.options().base_offset = offset{9};
  marker.options().is_control = true;
  CAF_REQUIRE(marker.add(timestamp_ms{1}, "k", "v").has_value());
  search.take(read->part, errc::none, {batch(6, 3), marker.build()});
  CAF_CHECK(search.done());
  CAF_CHECK(values(search) == (std::vector<std::string>{"v8", "v7", "v6"}));
}

CAF_TEST(what is not text or too long is shown in part) {
  record::batch_builder builder;
  std::vector<record::header_view> headers(20, {"name", std::nullopt});
  CAF_REQUIRE(builder.add(timestamp_ms{1}, "\x01\xff", std::string(5'000, 'y'), headers).has_value());
  CAF_REQUIRE(builder.add(timestamp_ms{2}, "\xc3\xa4", std::string(1'023, 'z') + "\xc3\xa4").has_value());
  CAF_REQUIRE(builder.add(timestamp_ms{3}, "", std::nullopt).has_value());
  recent_records search{"t", {start(0, 0, 3)}, 10};
  auto read = search.next();
  CAF_REQUIRE(read.has_value());
  search.take(read->part, errc::none, {builder.build()});
  auto all = search.to_json();
  auto& records = all["records"];
  CAF_REQUIRE_EQUAL(records.size(), 3u);
  CAF_CHECK(records[0]["value"].is_null());
  CAF_CHECK_EQUAL(records[0]["key"]["text"].get<std::string>(), "");
  CAF_CHECK_EQUAL(records[1]["key"]["text"].get<std::string>(), "\xc3\xa4");
  CAF_CHECK_EQUAL(records[1]["value"]["text"].get<std::string>(), std::string(1'023, 'z'));
  CAF_CHECK_EQUAL(records[1]["value"]["size_bytes"].get<int>(), 1'025);
  CAF_CHECK_EQUAL(records[2]["key"]["hex"].get<std::string>(), "01ff");
  CAF_CHECK_EQUAL(records[2]["value"]["text"].get<std::string>().size(), recent_records::shown_max_bytes);
  CAF_CHECK_EQUAL(records[2]["headers"].size(), recent_records::headers_max);
  CAF_CHECK(records[2]["headers"][0]["value"].is_null());
}
