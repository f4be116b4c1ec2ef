#define CAF_SUITE wire_hostile
#include "caf/test/unit_test.hpp"

#include "tests/wire/all_messages.hpp"
#include "tests/wire/allocations.hpp"

#include "runtime/base/cursor.hpp"
#include "runtime/base/limits.hpp"

#include <limits>

using namespace troupe;
using namespace troupe::wire;

namespace {

/// What a decoder may take for a body that lies: next to nothing beyond the error's text.
constexpr std::size_t small_bytes = 4'096;

/// Puts lies together, piece by piece.
class raw_body {
public:
  template <class T>
  raw_body& number(T value) {
    char raw[sizeof(T)];
    store_be(raw, value);
    text_.append(raw, sizeof raw);
    return *this;
  }
  raw_body& compact(std::uint32_t value) {
    for (; value >= 0x80; value >>= 7)
      text_ += static_cast<char>(value | 0x80);
    text_ += static_cast<char>(value);
    return *this;
  }
  raw_body& put(std::string_view data) {
    text_ += data;
    return *this;
  }
  raw_body& repeat(std::size_t count, char byte) {
    text_.append(count, byte);
    return *this;
  }
  bytes get() const { return bytes::copy_of(text_); }

private:
  std::string text_;
};

template <class T>
void check_refused_cheaply(const raw_body& raw, api_version version, errc expected) {
  auto body = raw.get();
  auto before = allocated_bytes();
  auto decoded = decode<T>(body, version);
  auto taken = allocated_bytes() - before;
  CAF_REQUIRE(!decoded);
  CAF_CHECK(decoded.error() == expected);
  CAF_CHECK_LESS(taken, small_bytes);
}

} // namespace

CAF_TEST(a huge count of elements takes no memory) {
  for (std::int32_t count : {0x7fffffff, 1'000'000, 65, -2, std::numeric_limits<std::int32_t>::min()}) {
    raw_body raw;
    raw.number(std::int16_t{-1}); // transactional id
    raw.number(std::int16_t{1});
    raw.number(std::int32_t{1'000});
    raw.number(count);
    raw.repeat(64, '\0');
    check_refused_cheaply<produce_request>(raw, 7, errc::malformed);
  }
}

CAF_TEST(a huge compact count takes no memory) {
  for (std::uint32_t count : {0xffffffffu, 0x7fffffffu, 1'000'000u, 100u}) {
    raw_body raw;
    raw.compact(count); // topics of Metadata
    raw.repeat(64, '\0');
    check_refused_cheaply<metadata_request>(raw, 9, errc::malformed);
  }
}

CAF_TEST(a count is held against the least that its elements take) {
  // 10,000 partitions would need at least 16 bytes each; there are 15.
  raw_body raw;
  raw.number(std::int32_t{-1});
  raw.number(std::int8_t{0});
  raw.number(std::int32_t{1}); // one topic
  raw.number(std::int16_t{0}); // of no name
  raw.number(std::int32_t{10'000});
  raw.repeat(150'000, '\0');
  check_refused_cheaply<list_offsets_request>(raw, 4, errc::malformed);
}

CAF_TEST(a huge length of text or records takes no memory) {
  for (std::int16_t length : {std::int16_t{0x7fff}, std::int16_t{20}, std::int16_t{-2}}) {
    raw_body raw;
    raw.number(length);
    raw.put("0123456789");
    check_refused_cheaply<init_producer_id_request>(raw, 0, errc::malformed);
  }
  for (std::uint32_t length : {0xffffffffu, 0x80000000u, 1'000u}) {
    raw_body raw;
    raw.compact(length);
    raw.put("0123456789");
    check_refused_cheaply<init_producer_id_request>(raw, 2, errc::malformed);
  }
}

CAF_TEST(tagged fields that never end take no memory) {
  for (std::uint32_t count : {0xffffffffu, 1'000u, 5u}) {
    raw_body raw;
    raw.compact(1); // name
    raw.compact(1); // version
    raw.compact(count);
    raw.put(std::string_view("\x07\x01x", 3));
    check_refused_cheaply<api_versions_request>(raw, 3, errc::malformed);
  }
}

CAF_TEST(a tagged field larger than what remains is refused) {
  for (std::uint32_t size : {0xffffffffu, 0x7fffffffu, 4u}) {
    raw_body raw;
    raw.compact(1);
    raw.compact(1);
    raw.compact(1);
    raw.compact(9);
    raw.compact(size);
    raw.put("abc");
    check_refused_cheaply<api_versions_request>(raw, 3, errc::malformed);
  }
}

CAF_TEST(many small elements are refused before they take many times their bytes) {
  // Empty names take one byte on the wire and a whole string in memory.
  constexpr std::size_t count = 90 * limits::mib;
  raw_body raw;
  raw.compact(count + 1);
  raw.repeat(count, '\x01');
  raw.repeat(5, '\0');
  check_refused_cheaply<delete_topics_request>(raw, 4, errc::too_large);
}

CAF_TEST(unknown tagged fields are skipped everywhere) {
  raw_body raw;
  raw.compact(2); // one topic
  raw.compact(2);
  raw.put("t");
  raw.compact(2); // with two tags that nobody knows
  raw.compact(3);
  raw.compact(5);
  raw.put("abcde");
  raw.compact(200);
  raw.compact(0);
  raw.number(std::int8_t{1});
  raw.number(std::int8_t{0});
  raw.number(std::int8_t{0});
  raw.compact(1);
  raw.compact(1'000'000);
  raw.compact(2);
  raw.put("xy");
  auto decoded = decode<metadata_request>(raw.get(), 9);
  CAF_REQUIRE(decoded);
  CAF_REQUIRE_EQUAL(decoded->topics->size(), 1u);
  CAF_CHECK_EQUAL(decoded->topics->at(0).name.value(), "t");
}

CAF_TEST(known tagged fields are found among unknown ones and in any order) {
  fetch_request plain;
  auto body = std::string{encoded(plain, 15).view()};
  CAF_REQUIRE_EQUAL(body.back(), '\0'); // no tags
  body.pop_back();
  auto tagged = body
                + std::string("\x04"                                                         // four of them:
                              "\x05\x01q"                                                    // unknown
                              "\x01\x0d\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x09\x00" // replica state
                              "\x00\x03\x03id"                                               // cluster id
                              "\x06\x00",
                              1 + 3 + 15 + 5 + 2);
  auto decoded = decode<fetch_request>(bytes::copy_of(tagged), 15);
  CAF_REQUIRE(decoded);
  CAF_CHECK_EQUAL(decoded->state.replica_id, 7);
  CAF_CHECK_EQUAL(decoded->state.replica_epoch, 9);
  CAF_CHECK_EQUAL(decoded->cluster_id.value(), "id");
}

CAF_TEST(a request of librdkafka 2_16 for all topics has three bytes too many) {
  auto decoded = decode<metadata_request>(bytes::copy_of({"\0\0\0\0\1\0\0", 7}), 13);
  CAF_REQUIRE(decoded);
  CAF_CHECK(!decoded->topics);
}

CAF_TEST(a known tagged field must fill its size) {
  fetch_request plain;
  auto body = std::string{encoded(plain, 12).view()};
  body.pop_back();
  auto with = [&](std::string_view tags) {
    return decode<fetch_request>(bytes::copy_of(body + std::string{tags}), 12);
  };
  CAF_CHECK(with({"\x01\x00\x03\x03id", 6}));
  CAF_CHECK(!with({"\x01\x00\x04\x03id\x00", 7})); // a byte too many within
  CAF_CHECK(!with({"\x01\x00\x02\x03id", 6}));     // the text goes beyond
}
