#define CAF_SUITE command_output

#include "actors/node/command/json_line.hpp"
#include "actors/node/command/progress.hpp"
#include "actors/node/command/record_format.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe;
using namespace troupe::command;

namespace {

shown_record example() {
  shown_record record;
  record.topic = "orders";
  record.partition = partition_id{2};
  record.offset = offset{17};
  record.time = timestamp_ms{1700000000123};
  record.key = "alice";
  record.value = "1 book";
  record.headers = {{"a", "1"}, {"b", std::nullopt}};
  return record;
}

std::string shown(std::string_view format, const shown_record& record) {
  auto parsed = record_format::parse(format);
  if (!parsed)
    return "refused: " + parsed.error().detail;
  std::string text;
  parsed->append(record, text);
  return text;
}

} // namespace

CAF_TEST(every placeholder and escape) {
  CAF_CHECK_EQUAL(shown("%t/%p@%o %T %k(%K)=%s(%S) [%h] 100%%\\n", example()),
                  "orders/2@17 1700000000123 alice(5)=1 book(6) [a=1,b=] 100%\n");
  CAF_CHECK_EQUAL(shown("a\\tb\\r\\\\\\x41\\x7a", example()), "a\tb\r\\Az");
  CAF_CHECK_EQUAL(shown("\\0", example()), std::string(1, '\0'));
  CAF_CHECK_EQUAL(shown("", example()), "");
  CAF_CHECK_EQUAL(shown("plain", example()), "plain");
}

CAF_TEST(null is empty with the size of minus one) {
  auto record = example();
  record.key.reset();
  record.value.reset();
  CAF_CHECK_EQUAL(shown("%k|%K|%s|%S", record), "|-1||-1");
  record.value = "";
  CAF_CHECK_EQUAL(shown("%s|%S", record), "|0");
}

CAF_TEST(what a format cannot have) {
  for (auto format : {"%", "%x", "a%", "\\", "\\q", "\\x4", "\\xg1"}) {
    CAF_MESSAGE(format);
    CAF_CHECK(!record_format::parse(format).has_value());
  }
}

CAF_TEST(a record as JSON) {
  std::string text;
  append_json(example(), text);
  CAF_CHECK_EQUAL(text,
                  R"({"topic":"orders","partition":2,"offset":17,"timestamp":1700000000123,"key":"alice",)"
                  R"("value":"1 book","headers":[{"key":"a","value":"1"},{"key":"b","value":null}]})"
                  "\n");
  auto record = example();
  record.key.reset();
  record.value = std::string_view{"\xff\x00\x01", 3};
  record.headers.clear();
  text.clear();
  append_json(record, text);
  CAF_CHECK_EQUAL(text, R"({"topic":"orders","partition":2,"offset":17,"timestamp":1700000000123,"key":null,)"
                        R"("value_base64":"/wAB","headers":[]})"
                        "\n");
}

CAF_TEST(what is UTF 8) {
  for (auto text : {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x7f"})
    CAF_CHECK(is_utf8(text));
  // Cut off, overlong, surrogate, beyond the last character, a lone continuation.
  for (auto text : {"\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xff",
                    "\xf0\x9f\x98"})
    CAF_CHECK(!is_utf8(text));
}

CAF_TEST(base 64) {
  CAF_CHECK_EQUAL(to_base64(""), "");
  CAF_CHECK_EQUAL(to_base64("f"), "Zg==");
  CAF_CHECK_EQUAL(to_base64("fo"), "Zm8=");
  CAF_CHECK_EQUAL(to_base64("foo"), "Zm9v");
  CAF_CHECK_EQUAL(to_base64("foobar"), "Zm9vYmFy");
}

CAF_TEST(JSON of other values) {
  json_line line;
  line.boolean("b", true)
      .real("r", 0.5)
      .number("n", -1)
      .numbers("l", {1, 2})
      .text("q", "a\"b\\\n")
      .raw("x", "[]");
  CAF_CHECK_EQUAL(line.str(), R"({"b":true,"r":0.5,"n":-1,"l":[1,2],"q":"a\"b\\\u000a","x":[]})");
  CAF_CHECK_EQUAL(json_line{}.str(), "{}");
}

CAF_TEST(numbers for people) {
  CAF_CHECK_EQUAL(with_commas(0), "0");
  CAF_CHECK_EQUAL(with_commas(999), "999");
  CAF_CHECK_EQUAL(with_commas(1000), "1,000");
  CAF_CHECK_EQUAL(with_commas(1234567), "1,234,567");
  CAF_CHECK_EQUAL(bytes_for_people(0), "0 B");
  CAF_CHECK_EQUAL(bytes_for_people(999), "999 B");
  CAF_CHECK_EQUAL(bytes_for_people(1500), "1.5 kB");
  CAF_CHECK_EQUAL(bytes_for_people(123456789), "123 MB");
  CAF_CHECK_EQUAL(bytes_for_people(999999), "1.0 MB");
}
