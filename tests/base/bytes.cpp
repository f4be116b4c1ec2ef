#define CAF_SUITE bytes
#include "caf/test/unit_test.hpp"

#include "runtime/base/bytes.hpp"

using troupe::bytes;

CAF_TEST(a copy holds what it was made of) {
  auto b = bytes::copy_of("hello");
  CAF_CHECK_EQUAL(b.view(), "hello");
  CAF_CHECK(!b.empty());
}

CAF_TEST(a slice shares the memory and outlives the whole) {
  bytes part;
  {
    auto whole = bytes::copy_of("key=value");
    part = whole.slice(4, 5);
    CAF_CHECK_EQUAL(part.data(), whole.data() + 4);
  }
  CAF_CHECK_EQUAL(part.view(), "value");
  CAF_CHECK(part.retained_bytes() >= 9u);
}

CAF_TEST(slices that lie side by side in one chunk become one) {
  auto whole = bytes::copy_of("abcdef");
  auto first = whole.slice(0, 2);
  CAF_CHECK(!first.extend(whole.slice(3, 2))); // a gap
  CAF_CHECK(!first.extend(bytes::copy_of("cd")));
  CAF_CHECK(!bytes{}.extend(first));
  CAF_CHECK(first.extend(whole.slice(2, 3)));
  CAF_CHECK_EQUAL(first.view(), "abcde");
  CAF_CHECK_EQUAL(whole.view(), "abcdef");
}

CAF_TEST(nothing is allocated for no bytes) {
  auto none = bytes::allocate(0);
  CAF_CHECK(none.empty());
  CAF_CHECK_EQUAL(none.retained_bytes(), 0u);
  auto moved = bytes::copy_of("x");
  auto to = std::move(moved);
  CAF_CHECK(moved.empty());
  CAF_CHECK_EQUAL(to.view(), "x");
}
