#define CAF_SUITE admin_http_session

#include "caf/test/unit_test.hpp"

#include "actors/admin/http_session.hpp"
#include "runtime/base/random.hpp"
#include "tests/admin/manual_clock.hpp"

using namespace troupe;
using namespace troupe::admin;

namespace {

const std::string simple = "GET /health HTTP/1.1\r\nHost: localhost:9644\r\n\r\n";

struct client {
  manual_clock clock;
  http_session session{clock, "127.0.0.1"};

  std::string reply; ///< the newest

  /// Sends, and takes what comes back at once.
  unsigned send(std::string_view text) {
    session.receive(text);
    return status();
  }
  unsigned tick(std::int64_t ms) {
    clock.advance_ms(ms);
    session.tick();
    return status();
  }
  /// 0: nothing was answered.
  unsigned status() {
    reply = session.take_output();
    if (!reply.empty())
      session.sent(0);
    return reply.empty() ? 0 : static_cast<unsigned>(std::stoul(reply.substr(9, 3)));
  }
  bool closes() const { return session.is_last() || session.is_over(); }
};

/// What a fresh client is answered.
unsigned answer_to(const std::string& text) {
  client one;
  auto status = one.send(text);
  CAF_CHECK(status == 0 || one.closes());
  return status;
}

} // namespace

CAF_TEST(a request is taken once and answered once) {
  client one;
  CAF_CHECK_EQUAL(one.send(simple), 0u);
  auto request = one.session.take_request();
  CAF_REQUIRE(request.has_value());
  CAF_CHECK_EQUAL(request->path, "/health");
  CAF_CHECK(!request->head);
  CAF_CHECK(!one.session.take_request());
  one.session.answer({200, "text/plain", "fine"});
  CAF_CHECK_EQUAL(one.status(), 200u);
  CAF_CHECK(one.reply.ends_with("\r\n\r\nfine"));
  CAF_CHECK(!one.closes());
  one.session.answer({200, "text/plain", "again"});
  CAF_CHECK_EQUAL(one.status(), 0u);
}

CAF_TEST(bytes may come one by one) {
  client one;
  for (char c : simple)
    CAF_CHECK_EQUAL(one.send({&c, 1}), 0u);
  CAF_CHECK(one.session.take_request().has_value());
}

CAF_TEST(requests that are sent ahead are answered one after the other) {
  client one;
  one.send(simple + "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CAF_CHECK_EQUAL(one.session.take_request().value().path, "/health");
  CAF_CHECK(!one.session.take_request());
  one.session.answer({});
  CAF_CHECK_EQUAL(one.status(), 200u);
  CAF_CHECK_EQUAL(one.session.take_request().value().path, "/metrics");
}

CAF_TEST(HEAD brings the header alone) {
  client one;
  one.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CAF_CHECK(one.session.take_request().value().head);
  one.session.answer({200, "text/plain", "body"});
  CAF_CHECK_EQUAL(one.status(), 200u);
  CAF_CHECK(one.reply.ends_with("\r\n\r\n"));
}

CAF_TEST(the connection ends when the client or its version wants that) {
  for (auto text : {"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    client one;
    one.send(text);
    CAF_REQUIRE(one.session.take_request().has_value());
    one.session.answer({});
    CAF_CHECK_EQUAL(one.status(), 200u);
    CAF_CHECK(one.closes());
    CAF_CHECK_EQUAL(one.send(simple), 0u);
    CAF_CHECK(!one.session.take_request());
  }
}

CAF_TEST(other methods and bodies are refused) {
  for (std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "BREW"})
    CAF_CHECK_EQUAL(answer_to(method + " /health HTTP/1.1\r\nHost: localhost\r\n\r\n"), 405u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"), 413u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 413u);
}

CAF_TEST(garbage is refused) {
  CAF_CHECK_EQUAL(answer_to("\x16\x03\x01\x02\x01\r\n\r\n"), 400u); // TLS
  CAF_CHECK_EQUAL(answer_to("hello\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET /\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHost localhost\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHo st: localhost\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400u);
}

CAF_TEST(one host is named and it is this one) {
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 403u);
  CAF_CHECK_EQUAL(answer_to("GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n"), 403u);
}

CAF_TEST(a header has a largest size) {
  client one;
  CAF_CHECK_EQUAL(one.send("GET / HTTP/1.1\r\nHost: localhost\r\n"), 0u);
  unsigned status = 0;
  std::size_t sent = 0;
  for (int i = 0; i < 10'000 && status == 0; ++i) {
    auto line = "X-Filler-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
    sent += line.size();
    status = one.send(line);
  }
  CAF_CHECK_EQUAL(status, 431u);
  CAF_CHECK(sent < 12'000);
  CAF_CHECK(one.closes());
  // The rest of ten megabytes is thrown away.
  CAF_CHECK_EQUAL(one.send(std::string(10'000'000, 'x')), 0u);
  CAF_CHECK_EQUAL(answer_to("GET /" + std::string(9'000, 'x')), 431u);
  CAF_CHECK_EQUAL(answer_to(std::string(10'000'000, 'x')), 431u);
}

CAF_TEST(a client that sends a byte a second is answered 408) {
  client one;
  unsigned status = 0;
  std::size_t sent = 0;
  while (status == 0 && sent < simple.size()) {
    status = one.send(std::string_view{simple}.substr(sent++, 1));
    if (status == 0)
      status = one.tick(1'000);
  }
  CAF_CHECK_EQUAL(status, 408u);
  CAF_CHECK(sent <= 12);
  CAF_CHECK(one.closes());
}

CAF_TEST(a client that says nothing is let go without a word) {
  client one;
  CAF_CHECK_EQUAL(one.tick(59'000), 0u);
  CAF_CHECK(!one.closes());
  CAF_CHECK_EQUAL(one.tick(2'000), 0u);
  CAF_CHECK(one.session.is_over());
}

CAF_TEST(a client that does not read is given up) {
  client one;
  one.session.receive(simple);
  CAF_REQUIRE(one.session.take_request().has_value());
  one.session.answer({200, "text/plain", std::string(100'000, 'x')});
  CAF_CHECK(one.session.take_output().size() > 100'000);
  // It takes a byte a second: it moves, but not for ever.
  std::size_t left = 100'000;
  int seconds = 0;
  while (!one.session.is_over() && seconds < 1'000) {
    one.session.sent(--left);
    one.clock.advance_ms(1'000);
    one.session.tick();
    ++seconds;
  }
  CAF_CHECK(seconds >= 60);
  CAF_CHECK(seconds <= 62);
  client two;
  two.session.receive(simple);
  CAF_REQUIRE(two.session.take_request().has_value());
  two.session.answer({});
  CAF_CHECK(!two.session.take_output().empty());
  two.clock.advance_ms(11'000);
  two.session.tick();
  CAF_CHECK(two.session.is_over());
}

CAF_TEST(a page that is never made is answered 504) {
  client one;
  one.send(simple);
  CAF_REQUIRE(one.session.take_request().has_value());
  CAF_CHECK_EQUAL(one.tick(14'000), 0u);
  CAF_CHECK_EQUAL(one.tick(2'000), 504u);
  one.session.answer({}); // too late
  CAF_CHECK_EQUAL(one.status(), 0u);
}

CAF_TEST(who sends far ahead is cut off) {
  client one;
  one.send(simple);
  CAF_REQUIRE(one.session.take_request().has_value());
  for (int i = 0; i < 1'000 && !one.session.is_over(); ++i)
    one.send(simple);
  CAF_CHECK(one.session.is_over());
}

CAF_TEST(random bytes never do more than end the connection) {
  random_source random{7};
  for (int round = 0; round < 2'000; ++round) {
    client one;
    auto text = simple;
    auto changes = 1 + random.next() % 8;
    for (std::uint64_t i = 0; i < changes; ++i) {
      auto at = random.next() % text.size();
      switch (random.next() % 3) {
      case 0:
        text[at] = static_cast<char>(random.next());
        break;
      case 1:
        text.erase(at, 1 + random.next() % 4);
        break;
      default:
        text.insert(at, 1 + random.next() % 4, static_cast<char>(random.next()));
      }
      if (text.empty())
        text.assign(1, '\r');
    }
    auto status = one.send(text);
    CAF_CHECK(status == 0 || (status >= 400 && status < 500));
    CAF_CHECK(status == 0 || one.closes());
  }
}
