#define CAF_SUITE wire_headers
#include "caf/test/unit_test.hpp"

#include "tests/wire/all_messages.hpp"

#include "runtime/base/cursor.hpp"
#include "runtime/wire/header.hpp"

using namespace troupe;
using namespace troupe::wire;

namespace {

/// What Apache Kafka 4.3 says of each API: its advertised versions and its first flexible one.
struct kafka_fact {
  int key;
  int advertised_min;
  int max;
  int flexible_since;
};

constexpr kafka_fact served_facts[] = {
    {0, 0, 13, 9}, {1, 4, 18, 12}, {2, 1, 11, 6}, {3, 0, 13, 9}, {10, 0, 6, 3}, {18, 0, 4, 3}, {19, 2, 7, 5},
    {20, 1, 6, 4}, {21, 0, 2, 2},  {22, 0, 5, 2}, {23, 2, 4, 4}, {32, 1, 4, 4}, {33, 0, 2, 2}, {34, 1, 2, 2}, {35, 1, 5, 2},
    {37, 0, 3, 2}, {43, 0, 2, 2},  {44, 0, 1, 1}, {45, 0, 1, 0}, {46, 0, 0, 0}, {55, 0, 2, 0}, {60, 0, 2, 0},
    {61, 0, 0, 0}, {64, 0, 0, 0},  {74, 0, 1, 0}, {75, 0, 0, 0}, {80, 0, 1, 0}, {81, 0, 0, 0},
};

constexpr kafka_fact described_facts[] = {
    {16, 0, 5, 3},
};

bytes frame_of(const std::vector<char>& out) {
  return bytes::copy_of({out.data() + frame_size_bytes, out.size() - frame_size_bytes});
}

} // namespace

CAF_TEST(the catalog advertises what Kafka does) {
  std::size_t served = 0;
  for (auto& api : catalog())
    served += api.served;
  CAF_CHECK_EQUAL(served, std::size(served_facts));
  CAF_CHECK_EQUAL(catalog().size(), std::size(served_facts) + std::size(described_facts));
  for (auto& fact : served_facts) {
    auto* api = find_api(static_cast<std::int16_t>(fact.key));
    CAF_REQUIRE(api && api->served);
    CAF_CHECK_EQUAL(api->advertised_min, fact.advertised_min);
    CAF_CHECK_EQUAL(api->max, fact.max);
  }
  for (auto& fact : described_facts) {
    auto* api = find_api(static_cast<std::int16_t>(fact.key));
    CAF_REQUIRE(api && !api->served);
    CAF_CHECK_EQUAL(api->min, fact.advertised_min);
    CAF_CHECK_EQUAL(api->max, fact.max);
    CAF_CHECK(!accepts(static_cast<std::int16_t>(fact.key), api->max));
  }
}

CAF_TEST(what is advertised is not always accepted) {
  CAF_CHECK_EQUAL(info(api_key::produce).advertised_min, 0);
  CAF_CHECK(!accepts(0, 2));
  CAF_CHECK(accepts(0, 3));
  CAF_CHECK(accepts(0, 13));
  CAF_CHECK(!accepts(0, 14));
  CAF_CHECK(!accepts(0, -1));
  CAF_CHECK(!accepts(18, 5));
  CAF_CHECK(!accepts(999, 0));
  CAF_CHECK(!accepts(-1, 0));
}

CAF_TEST(header versions follow the first flexible version) {
  auto check = [](const kafka_fact& fact) {
    auto key = static_cast<api_key>(fact.key);
    for (auto v = info(key).min; v <= fact.max + 1; ++v) {
      CAF_CHECK_EQUAL(request_header_version(key, v), v >= fact.flexible_since ? 2 : 1);
      auto response = v >= fact.flexible_since && key != api_key::api_versions ? 1 : 0;
      CAF_CHECK_EQUAL(response_header_version(key, v), response);
    }
  };
  for (auto& fact : served_facts)
    check(fact);
  for (auto& fact : described_facts)
    check(fact);
}

CAF_TEST(frames of every API and version come back) {
  for_each_api([]<class Request, class Response>() {
    for (auto v = info(Request::api).min; v <= info(Request::api).max; ++v)
      for (auto client :
           {std::optional<std::string>{}, std::optional<std::string>{""}, std::optional<std::string>{"me"}}) {
        std::vector<char> out;
        append_request({.version = v, .correlation_id = 42, .client_id = client}, Request{}, out);
        CAF_REQUIRE_EQUAL(load_be<std::int32_t>(out.data()), static_cast<int>(out.size() - frame_size_bytes));
        auto request = open_request(frame_of(out));
        CAF_REQUIRE(request);
        CAF_REQUIRE((request->header == request_header{Request::api, v, 42, client}));
        CAF_REQUIRE(request->body == encoded(Request{}, v));
        out.clear();
        append_response(43, v, Response{}, out);
        auto response = open_response(frame_of(out), Request::api, v);
        CAF_REQUIRE(response && response->correlation_id == 43);
        CAF_REQUIRE(peek_correlation_id(frame_of(out)) == 43);
        CAF_REQUIRE(response->body == encoded(Response{}, v));
      }
  });
}

CAF_TEST(frames are appended one after the other) {
  std::vector<char> out;
  append_request({.version = 0, .correlation_id = 1, .client_id = {}}, api_versions_request{}, out);
  auto first = out;
  append_request({.version = 3, .correlation_id = 2, .client_id = "c"}, api_versions_request{"a", "b"}, out);
  CAF_CHECK(std::equal(first.begin(), first.end(), out.begin()));
  auto second = frame_of({out.begin() + static_cast<std::ptrdiff_t>(first.size()), out.end()});
  auto request = open_request(second);
  CAF_REQUIRE(request);
  CAF_CHECK_EQUAL(request->header.correlation_id, 2);
}

CAF_TEST(tagged fields of a request header are skipped) {
  std::string frame("\x00\x12\x00\x03\x00\x00\x00\x07\x00\x02me\x01\x05\x03xyz\x02"
                    "a\x02"
                    "b\x00",
                    23);
  auto request = open_request(bytes::copy_of(frame));
  CAF_REQUIRE(request);
  CAF_CHECK_EQUAL(request->header.client_id.value(), "me");
  auto body = decode<api_versions_request>(request->body, 3);
  CAF_REQUIRE(body);
  CAF_CHECK_EQUAL(body->client_software_version, "b");
}

CAF_TEST(a header that is not whole is refused) {
  std::vector<char> out;
  append_request({.version = 9, .correlation_id = 1, .client_id = "client"}, metadata_request{}, out);
  auto frame = frame_of(out);
  constexpr std::size_t header_bytes = 8 + 2 + 6 + 1;
  for (std::size_t size = 0; size < header_bytes; ++size) {
    auto request = open_request(frame.slice(0, size));
    CAF_CHECK(!request && request.error() == errc::malformed);
  }
  CAF_CHECK(open_request(frame.slice(0, header_bytes)));
  CAF_CHECK(!open_response(bytes::copy_of("abc"), api_key::produce, 3));
  CAF_CHECK(!open_response(bytes::copy_of("abcd"), api_key::produce, 9));
  CAF_CHECK(!peek_correlation_id(bytes::copy_of("abc")));
}

CAF_TEST(an unknown API is told from a broken header) {
  auto request =
      open_request(bytes::copy_of(std::string_view("\x03\xe7\x00\x00\x00\x00\x00\x01\xff\xff", 10)));
  CAF_CHECK(!request && request.error() == errc::unsupported_version);
  auto negative_id =
      open_request(bytes::copy_of(std::string_view("\x00\x12\x00\x00\x00\x00\x00\x01\xff\xfe", 10)));
  CAF_CHECK(!negative_id && negative_id.error() == errc::malformed);
}
