#define CAF_SUITE cursor
#include "caf/test/unit_test.hpp"

#include "runtime/base/cursor.hpp"
#include "runtime/base/random.hpp"

#include <limits>

using namespace troupe;

namespace {

std::string_view view(const std::vector<char>& v) { return {v.data(), v.size()}; }

} // namespace

CAF_TEST(numbers are in network order) {
  std::vector<char> out;
  write_cursor w{out};
  w.number<std::int32_t>(0x01020304);
  w.number<std::int16_t>(-2);
  CAF_CHECK_EQUAL(view(out), std::string_view("\x01\x02\x03\x04\xff\xfe", 6));
  read_cursor r{view(out)};
  CAF_CHECK_EQUAL(r.number<std::int32_t>(), 0x01020304);
  CAF_CHECK_EQUAL(r.number<std::int16_t>(), -2);
  CAF_CHECK(r.ok());
}

CAF_TEST(variable-length numbers come back and have the size that was announced) {
  random_source random{1};
  for (int i = 0; i < 10'000; ++i) {
    auto n = static_cast<std::int64_t>(random.next() >> random.below(64));
    if (random.one_in(2))
      n = -n;
    auto m = static_cast<std::int32_t>(n);
    std::vector<char> out;
    write_cursor w{out};
    w.varlong(n);
    w.varint(m);
    w.uvarint(static_cast<std::uint32_t>(m));
    CAF_REQUIRE_EQUAL(out.size(), varlong_size(n) + varint_size(m) + uvarint_size(static_cast<std::uint32_t>(m)));
    read_cursor r{view(out)};
    CAF_REQUIRE_EQUAL(r.varlong(), n);
    CAF_REQUIRE_EQUAL(r.varint(), m);
    CAF_REQUIRE_EQUAL(r.uvarint(), static_cast<std::uint32_t>(m));
    CAF_REQUIRE(r.ok() && r.remaining() == 0);
  }
}

CAF_TEST(a read beyond the end fails and stays failed) {
  read_cursor r{"abc"};
  CAF_CHECK_EQUAL(r.number<std::int32_t>(), 0);
  CAF_CHECK(!r.ok());
  CAF_CHECK_EQUAL(r.take(1), "");
  CAF_CHECK_EQUAL(r.remaining(), 0u);
}

CAF_TEST(a variable-length number that never ends is refused) {
  std::string endless(20, '\xff');
  read_cursor r{endless};
  r.varlong();
  CAF_CHECK(!r.ok());
  read_cursor s{endless};
  s.varint();
  CAF_CHECK(!s.ok());
}
