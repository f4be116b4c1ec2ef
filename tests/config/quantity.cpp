#define CAF_SUITE config_quantity

#include "config/quantity.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe::config;

namespace {

constexpr std::int64_t none = -12345;

std::int64_t size_of(std::string_view text) { return parse_size_bytes(text).value_or(none); }
std::int64_t duration_of(std::string_view text) { return parse_duration_ms(text).value_or(none); }

} // namespace

CAF_TEST(sizes have binary and decimal units) {
  CAF_CHECK_EQUAL(size_of("0"), 0);
  CAF_CHECK_EQUAL(size_of("-1"), -1);
  CAF_CHECK_EQUAL(size_of("4096"), 4096);
  CAF_CHECK_EQUAL(size_of("17B"), 17);
  CAF_CHECK_EQUAL(size_of("64KiB"), 65536);
  CAF_CHECK_EQUAL(size_of("64 MiB"), 67108864);
  CAF_CHECK_EQUAL(size_of("1.5GiB"), 1610612736);
  CAF_CHECK_EQUAL(size_of("2TB"), 2000000000000);
  CAF_CHECK_EQUAL(size_of("3kB"), 3000);
}

CAF_TEST(sizes refuse what they cannot hold exactly) {
  for (auto text : {"", "MiB", "1.MiB", "1.3B", "1 M", "64mib", "1e3", "--1", "1MiB2", "9999999TiB",
                    "9223372036854775808", "1.0000001KiB", "0x10"})
    CAF_CHECK_EQUAL(size_of(text), none);
  CAF_CHECK_EQUAL(size_of("9223372036854775807"), INT64_MAX);
}

CAF_TEST(durations have units from milliseconds to weeks) {
  CAF_CHECK_EQUAL(duration_of("250"), 250);
  CAF_CHECK_EQUAL(duration_of("250ms"), 250);
  CAF_CHECK_EQUAL(duration_of("90s"), 90000);
  CAF_CHECK_EQUAL(duration_of("5m"), 300000);
  CAF_CHECK_EQUAL(duration_of("1.5h"), 5400000);
  CAF_CHECK_EQUAL(duration_of("7d"), 604800000);
  CAF_CHECK_EQUAL(duration_of("2w"), 1209600000);
  CAF_CHECK_EQUAL(duration_of("-1"), -1);
  CAF_CHECK_EQUAL(duration_of("7 days"), none);
  CAF_CHECK_EQUAL(duration_of("1.5ms"), none);
}

CAF_TEST(quantities are shown in their largest whole unit) {
  CAF_CHECK_EQUAL(format_size(0), "0");
  CAF_CHECK_EQUAL(format_size(-1), "-1");
  CAF_CHECK_EQUAL(format_size(1000), "1000");
  CAF_CHECK_EQUAL(format_size(65536), "64KiB");
  CAF_CHECK_EQUAL(format_size(1536 * 1024), "1536KiB");
  CAF_CHECK_EQUAL(format_size(1ll << 30), "1GiB");
  CAF_CHECK_EQUAL(format_duration(604800000), "7d");
  CAF_CHECK_EQUAL(format_duration(1500), "1500ms");
  CAF_CHECK_EQUAL(format_duration(60000), "1m");
}

CAF_TEST(what is shown can be read again) {
  for (std::int64_t number : {1ll, 999ll, 1024ll, 65537ll, 86400000ll, 1ll << 40, 5ll << 41}) {
    CAF_CHECK_EQUAL(size_of(format_size(number)), number);
    CAF_CHECK_EQUAL(duration_of(format_duration(number)), number);
  }
}
