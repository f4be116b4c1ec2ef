#define CAF_SUITE command_start

#include "actors/node/command/offsets.hpp"
#include "runtime/record/partitioner.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe::command;
using kind = start_point::kind;

namespace {

bool starts(std::string_view text, kind where, std::int64_t number) {
  auto parsed = parse_start(text);
  return parsed && *parsed == start_point{where, number};
}

} // namespace

CAF_TEST(places to begin at) {
  CAF_CHECK(starts("beginning", kind::beginning, 0));
  CAF_CHECK(starts("end", kind::end, 0));
  CAF_CHECK(starts("0", kind::at_offset, 0));
  CAF_CHECK(starts("17", kind::at_offset, 17));
  CAF_CHECK(starts("-5", kind::before_end, 5));
  CAF_CHECK(starts("@1700000000123", kind::at_time, 1700000000123));
  CAF_CHECK(starts("@1970-01-02", kind::at_time, 86400000));
  CAF_CHECK(starts("@2023-11-14T22:13:20Z", kind::at_time, 1700000000000));
  CAF_CHECK(starts("@2023-11-14T22:13:20", kind::at_time, 1700000000000));
  CAF_CHECK(starts("@2024-02-29", kind::at_time, 1709164800000));
}

CAF_TEST(what is no place to begin at) {
  for (auto text : {"", "start", "@", "@-1", "@2023-02-29", "@2023-1-1", "@2023-11-14T24:00:00Z",
                    "@2023-11-14T22:13", "1.5", "1x", "@2023-11-14X22:13:20", "-9223372036854775808"}) {
    CAF_MESSAGE(text);
    CAF_CHECK(!parse_start(text).has_value());
  }
}

CAF_TEST(keys hash as in the Java client) {
  using troupe::record::murmur2;
  CAF_CHECK_EQUAL(static_cast<std::int32_t>(murmur2("21")), -973932308);
  CAF_CHECK_EQUAL(static_cast<std::int32_t>(murmur2("foobar")), -790332482);
  CAF_CHECK_EQUAL(static_cast<std::int32_t>(murmur2("abc")), 479470107);
  CAF_CHECK_EQUAL(static_cast<std::int32_t>(murmur2("a-little-bit-long-string")), -985981536);
  CAF_CHECK_EQUAL(static_cast<std::int32_t>(murmur2("a-little-bit-longer-string")), -1486304829);
}

CAF_TEST(records without a key stay together until the next batch) {
  troupe::record::partitioner p{3};
  CAF_CHECK_EQUAL(p.choose(std::nullopt).value(), 0);
  CAF_CHECK_EQUAL(p.choose(std::nullopt).value(), 0);
  p.next_batch();
  CAF_CHECK_EQUAL(p.choose(std::nullopt).value(), 1);
  p.next_batch();
  p.next_batch();
  CAF_CHECK_EQUAL(p.choose(std::nullopt).value(), 0);
  auto of_key = p.choose("alice").value();
  p.next_batch();
  CAF_CHECK_EQUAL(p.choose("alice").value(), of_key);
  CAF_CHECK_EQUAL(of_key, static_cast<std::int32_t>((troupe::record::murmur2("alice") & 0x7fffffff) % 3));
}
