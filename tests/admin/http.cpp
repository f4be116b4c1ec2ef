#define CAF_SUITE admin_http

#include "caf/test/unit_test.hpp"

#include "actors/admin/http.hpp"

using namespace troupe;
using namespace troupe::admin;

namespace {

bool good(std::string_view target) {
  http_request request;
  return parse_target(target, request);
}

} // namespace

CAF_TEST(a target is taken apart and decoded) {
  http_request request;
  CAF_REQUIRE(parse_target("/v1/topics/a%2eb%20c?limit=10&after=x%26y&flag&=&empty=", request));
  CAF_CHECK_EQUAL(request.path, "/v1/topics/a.b c");
  CAF_CHECK_EQUAL(request.text("limit"), "10");
  CAF_CHECK_EQUAL(request.text("after"), "x&y");
  CAF_CHECK_EQUAL(request.text("flag"), "");
  CAF_CHECK_EQUAL(request.text("nothing"), "");
  CAF_CHECK_EQUAL(request.number("limit", 5, 100), 10u);
  CAF_CHECK_EQUAL(request.number("limit", 5, 7), 7u);
  CAF_CHECK_EQUAL(request.number("after", 5, 7), 5u);
  CAF_CHECK_EQUAL(request.number("nothing", 5, 7), 5u);
}

CAF_TEST(numbers that are none count as not there) {
  for (auto text : {"-1", "1x", " 1", "0x10", "99999999999999999999", "1.5", ""}) {
    http_request request;
    request.query["n"] = text;
    CAF_CHECK_EQUAL(request.number("n", 42, 1000), 42u);
  }
}

CAF_TEST(targets that make no sense are refused) {
  CAF_CHECK(good("/"));
  CAF_CHECK(good("/?"));
  CAF_CHECK(good("/a?b=c=d"));
  CAF_CHECK(!good(""));
  CAF_CHECK(!good("*"));
  CAF_CHECK(!good("http://localhost/"));
  CAF_CHECK(!good("/%"));
  CAF_CHECK(!good("/%4"));
  CAF_CHECK(!good("/%zz"));
  CAF_CHECK(!good("/%00"));
  CAF_CHECK(!good("/?a=%"));
}

CAF_TEST(a name that DNS could point anywhere is not the own host) {
  for (auto host : {"localhost", "LocalHost:9644", "127.0.0.1", "127.0.0.1:80", "[::1]:9644", "[::1]", "192.168.1.7:1"})
    CAF_CHECK(is_own_host(host, "127.0.0.1"));
  for (auto host : {"", "evil.example", "evil.example:9644", "localhost.evil.example", "127.0.0.1.evil.example",
                    "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:123456", "[::1", "::1:x:y", "localhost:80:80", "[::1]x"})
    CAF_CHECK(!is_own_host(host, "127.0.0.1"));
  CAF_CHECK(is_own_host("Node-1.lan:9644", "node-1.lan"));
  CAF_CHECK(!is_own_host("node-2.lan:9644", "node-1.lan"));
}

CAF_TEST(a response says how long it is and what browsers may do with it) {
  timestamp_ms then{784111777'000};
  http_response response{200, "text/plain", "hello"};
  auto text = to_bytes(response, false, true, then);
  CAF_CHECK(text.starts_with("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  CAF_CHECK(text.find("\r\nContent-Length: 5\r\n") != text.npos);
  CAF_CHECK(text.find("\r\nConnection: keep-alive\r\n") != text.npos);
  CAF_CHECK(text.find("\r\nX-Content-Type-Options: nosniff\r\n") != text.npos);
  CAF_CHECK(text.find("frame-ancestors 'none'") != text.npos);
  CAF_CHECK(text.find("Access-Control") == text.npos);
  CAF_CHECK(text.ends_with("\r\n\r\nhello"));
  auto head = to_bytes(response, true, false, then);
  CAF_CHECK(head.find("\r\nContent-Length: 5\r\n") != head.npos);
  CAF_CHECK(head.find("\r\nConnection: close\r\n") != head.npos);
  CAF_CHECK(head.ends_with("\r\n\r\n"));
}

CAF_TEST(a refusal is JSON whatever it cites) {
  CAF_CHECK_EQUAL(refusal(400, "a \"b\"").body, "{\"error\":\"a \\\"b\\\"\"}\n");
  CAF_CHECK(refusal(400, "\xff\xfe").body.starts_with("{\"error\":"));
}
