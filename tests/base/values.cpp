#define CAF_SUITE values
#include "caf/test/unit_test.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/random.hpp"
#include "runtime/base/types.hpp"

using namespace troupe;

CAF_TEST(crc32c of the RFC 3720 examples) {
  CAF_CHECK_EQUAL(crc32c(std::string(32, '\0')), 0x8a9136aau);
  CAF_CHECK_EQUAL(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  CAF_CHECK_EQUAL(crc32c("123456789"), 0xe3069283u);
  CAF_CHECK_EQUAL(crc32c("6789", crc32c("12345")), crc32c("123456789"));
}

CAF_TEST(a topic id is printed as Kafka does and read back) {
  topic_id one;
  one.bytes[15] = 1;
  CAF_CHECK_EQUAL(one.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
  random_source random{7};
  for (int i = 0; i < 1000; ++i) {
    topic_id id;
    for (auto& b : id.bytes)
      b = static_cast<std::uint8_t>(random.next());
    auto back = topic_id::parse(id.to_string());
    CAF_REQUIRE(back && *back == id);
  }
}

CAF_TEST(a text that is no topic id is refused) {
  CAF_CHECK(!topic_id::parse(""));
  CAF_CHECK(!topic_id::parse("AAAAAAAAAAAAAAAAAAAAA!"));
  CAF_CHECK(!topic_id::parse("AAAAAAAAAAAAAAAAAAAAAR")); // bits beyond the id
  CAF_CHECK(!topic_id::parse("AAAAAAAAAAAAAAAAAAAAAQA"));
}

CAF_TEST(every error code has a name and a sentence) {
  for (int i = 0; i <= static_cast<int>(errc::last_code); ++i) {
    CAF_CHECK(!name(static_cast<errc>(i)).empty());
    CAF_CHECK(!sentence(static_cast<errc>(i)).empty());
  }
  error e{errc::corrupt, "journal/1 at 4096"};
  CAF_CHECK_EQUAL(e.message(), "the stored bytes are damaged: journal/1 at 4096");
}

CAF_TEST(the same seed gives the same numbers) {
  random_source a{5}, b{5}, c{6};
  auto x = a.next();
  CAF_CHECK_EQUAL(x, b.next());
  CAF_CHECK_NOT_EQUAL(x, c.next());
  for (int i = 0; i < 1000; ++i)
    CAF_REQUIRE(a.below(10) < 10);
}
