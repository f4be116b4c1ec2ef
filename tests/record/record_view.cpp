#define CAF_SUITE record_view
#include "caf/test/unit_test.hpp"

#include "runtime/record/varint.hpp"
#include "tests/record/support.hpp"

#include <limits>

using namespace record_test;

namespace {

bool is_refused(std::string_view section) {
  record_cursor records{section};
  while (records.next())
    ;
  return !records.ok();
}

/// A record whose body is this, with the length that it really has.
std::string around(std::string_view body) {
  std::vector<char> out;
  write_cursor w{out};
  w.varint(static_cast<std::int32_t>(body.size()));
  w.put(body);
  return {out.data(), out.size()};
}

} // namespace

CAF_TEST(variable - length numbers agree with the plain cursor) {
  random_source random{3};
  for (int i = 0; i < 20'000; ++i) {
    auto n = static_cast<std::int64_t>(random.next() >> random.below(64));
    if (random.one_in(2))
      n = -n;
    if (i < 4)
      n = i % 2 == 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    auto m = i < 4 ? static_cast<std::int32_t>(n >> 32) : static_cast<std::int32_t>(n);
    std::vector<char> expected;
    write_cursor w{expected};
    w.varlong(n);
    w.varint(m);
    char raw[15];
    auto* end = record::detail::write_varint(record::detail::write_varlong(raw, n), m);
    CAF_REQUIRE_EQUAL(std::string_view(raw, static_cast<std::size_t>(end - raw)),
                      std::string_view(expected.data(), expected.size()));
    const char* at = raw;
    std::int64_t n2 = 0;
    std::int32_t m2 = 0;
    CAF_REQUIRE(record::detail::read_varlong(at, end, n2) && record::detail::read_varint(at, end, m2));
    CAF_REQUIRE(at == end);
    CAF_REQUIRE_EQUAL(n, n2);
    CAF_REQUIRE_EQUAL(m, m2);
  }
}

CAF_TEST(numbers that are cut off or too large are refused) {
  auto reads = [](std::string_view text) {
    const char* at = text.data();
    std::int32_t value = 0;
    return record::detail::read_varint(at, text.data() + text.size(), value);
  };
  CAF_CHECK(!reads(""));
  CAF_CHECK(!reads("\x80"));
  CAF_CHECK(!reads("\xff\xff\xff\xff"));
  CAF_CHECK(reads("\xff\xff\xff\xff\x0f"));
  CAF_CHECK(!reads("\xff\xff\xff\xff\x1f"));
  CAF_CHECK(!reads("\xff\xff\xff\xff\xff\x01"));
  auto reads_long = [](std::string_view text) {
    const char* at = text.data();
    std::int64_t value = 0;
    return record::detail::read_varlong(at, text.data() + text.size(), value);
  };
  CAF_CHECK(reads_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
  CAF_CHECK(!reads_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03"));
  CAF_CHECK(!reads_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

CAF_TEST(a record gives its parts and null is not the empty text) {
  record_fields fields;
  fields.timestamp_delta = -5;
  fields.offset_delta = 300;
  fields.key = std::nullopt;
  fields.value = "";
  fields.headers = {{"a", "1"}, {"", std::nullopt}, {"a", ""}};
  auto section = record_bytes(fields) + record_bytes({});
  record_cursor records{section};
  auto r = records.next();
  CAF_REQUIRE(r.has_value());
  CAF_CHECK_EQUAL(r->timestamp_delta, -5);
  CAF_CHECK_EQUAL(r->offset_delta, 300);
  CAF_CHECK(!r->key);
  CAF_CHECK(r->value && r->value->empty());
  auto headers = r->headers();
  CAF_REQUIRE_EQUAL(headers.size(), 3u);
  CAF_CHECK(headers[0] == (header_view{"a", "1"}));
  CAF_CHECK(headers[1] == (header_view{"", std::nullopt}));
  CAF_CHECK(headers[2] == (header_view{"a", ""}));
  CAF_CHECK_EQUAL(r->raw, record_bytes(fields));
  r = records.next();
  CAF_REQUIRE(r.has_value());
  CAF_CHECK(r->key == "k");
  CAF_CHECK(r->value == "v");
  CAF_CHECK(r->key->data() >= section.data() && r->key->data() < section.data() + section.size());
  CAF_CHECK(r->headers().empty());
  CAF_CHECK(!records.next());
  CAF_CHECK(records.ok());
}

CAF_TEST(a record that does not fill exactly its length is refused) {
  std::string_view good{"\0\0\0\2k\2v\0", 8};
  CAF_CHECK(!is_refused(around(good)));
  CAF_CHECK(is_refused(around("")));
  CAF_CHECK(is_refused(around(std::string{good} + "x")));
  for (std::size_t size = 0; size < good.size(); ++size)
    CAF_CHECK(is_refused(around(good.substr(0, size))));
  CAF_CHECK(is_refused("\x01"));                                           // a length of -1
  CAF_CHECK(is_refused(std::string{"\x12"} + std::string{good}));          // one byte more than there is
  CAF_CHECK(is_refused(around(std::string_view{"\0\0\0\3\2v\0", 7})));     // a key of -2
  CAF_CHECK(is_refused(around(std::string_view{"\0\0\0\x64k\2v\0", 8})));  // a key of 50 bytes
  CAF_CHECK(is_refused(around(std::string_view{"\0\0\0\1\3\0", 6})));      // a value of -2
  CAF_CHECK(is_refused(around(std::string_view{"\0\0\0\1\1\1", 6})));      // -1 headers
  CAF_CHECK(is_refused(around(std::string_view{"\0\0\0\1\1\2", 6})));      // a header that is not there
  CAF_CHECK(!is_refused(around(std::string_view{"\0\0\0\1\1\2\0\1", 8}))); // a header "" with null
  CAF_CHECK(is_refused(around(std::string_view{"\0\0\0\1\1\2\1\1", 8})));  // a header with the key null
  CAF_CHECK(is_refused(around(std::string_view{"\0\0\0\1\1\2\0\3", 8})));  // a header's value of -2
  CAF_CHECK(is_refused(around({"\0\0\0\1\1\xfe\xff\xff\xff\x0f", 10})));   // two thousand million headers
}

CAF_TEST(the records of a batch have offsets and times) {
  for (auto codec : all_codecs) {
    batch_options options;
    options.compression = codec;
    options.base_offset = offset{500};
    auto data = small_batch(4, options);
    decompression_budget budget;
    auto records = batch_records::open(*batch_view::parse(data), budget);
    CAF_REQUIRE(records.has_value());
    for (int i = 0; i < 4; ++i) {
      auto r = records->next();
      CAF_REQUIRE(r.has_value());
      CAF_CHECK_EQUAL(records->offset_of(*r).value(), 500 + i);
      CAF_CHECK_EQUAL(records->timestamp_of(*r).value(), now_ms + i);
      CAF_CHECK(r->value == "value" + std::to_string(i));
    }
    CAF_CHECK(!records->next());
    CAF_CHECK(records->ok());
  }
}

CAF_TEST(records keep their memory when they are moved) {
  batch_options options;
  options.compression = compression::zstd;
  auto data = small_batch(2, options);
  decompression_budget budget;
  auto records = batch_records::open(*batch_view::parse(data), budget);
  auto moved = std::move(*records);
  CAF_CHECK(moved.next()->value == "value0");
  CAF_CHECK(moved.next()->value == "value1");
}

CAF_TEST(with the append time all records have the same time) {
  auto data = small_batch(3);
  assign_log_append_time(data.data(), timestamp_ms{now_ms + 77});
  decompression_budget budget;
  auto records = batch_records::open(*batch_view::parse(data), budget);
  while (auto r = records->next())
    CAF_CHECK_EQUAL(records->timestamp_of(*r).value(), now_ms + 77);
  CAF_CHECK(records->ok());
}

CAF_TEST(another number of records than the header says is an error) {
  for (int count : {2, 4}) {
    auto data = changed(small_batch(3), position::record_count, std::int32_t{count});
    decompression_budget budget;
    auto records = batch_records::open(*batch_view::parse(data), budget);
    int given = 0;
    while (records->next())
      ++given;
    CAF_CHECK_EQUAL(given, count == 2 ? 2 : 3);
    CAF_CHECK(!records->ok());
  }
}
