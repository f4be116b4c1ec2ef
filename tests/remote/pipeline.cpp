#define CAF_SUITE pipeline
#include "caf/test/unit_test.hpp"

#include "actors/remote/pipeline.hpp"
#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "runtime/wire/produce.hpp"

using namespace troupe;
using namespace troupe::remote;

namespace {

/// What became of calls, in the order in which they were settled: "1:ok", "2:timed_out".
using outcomes = std::vector<std::string>;

struct fixture {
  call_ptr question(int number, std::size_t size_bytes = 10) {
    return make_call<wire::list_offsets_response>(
        wire::list_offsets_request{}, {size_bytes},
        [this, number](result<wire::list_offsets_response> answer) {
          settled.push_back(std::to_string(number) + ":"
                            + (answer ? "ok" : std::string{name(answer.error().code)}));
        });
  }

  call_ptr unanswered(int number) {
    return make_call<wire::produce_response>(
        wire::produce_request{}, {10, 0, false}, [this, number](result<wire::produce_response> answer) {
          settled.push_back(std::to_string(number) + (answer ? ":ok" : ":no"));
        });
  }

  /// The frames that were sent since the last time.
  std::vector<wire::request_header> sent() {
    std::vector<char> out;
    line->drain(out, 1'000'000, now);
    std::vector<wire::request_header> headers;
    std::string_view data{out.data(), out.size()};
    while (!data.empty()) {
      auto frame = reader.next(data);
      CAF_REQUIRE(frame && *frame);
      headers.push_back(wire::open_request(**frame).value().header);
    }
    return headers;
  }

  template <class Response>
  result<void> answer(const wire::request_header& to, const Response& response) {
    std::vector<char> out;
    wire::append_response(to.correlation_id, to.version, response, out);
    return line->receive({out.data(), out.size()}, now);
  }

  void get_ready(std::int16_t list_offsets_max = 5) {
    auto asked = sent();
    CAF_REQUIRE_EQUAL(asked.size(), 1u);
    CAF_REQUIRE(asked[0].key == wire::api_key::api_versions);
    wire::api_versions_response versions;
    versions.api_keys = {{0, 3, 9}, {2, 1, list_offsets_max}, {999, 0, 1}};
    CAF_REQUIRE(answer(asked[0], versions));
    CAF_REQUIRE(line->is_ready());
  }

  std::int64_t now = 1;
  outcomes settled;
  wire::frame_reader reader;
  std::unique_ptr<pipeline> line =
      std::make_unique<pipeline>(pipeline_options{.buffer_memory_bytes = 100}, 1);
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pipeline_tests, fixture)

CAF_TEST(calls wait until the versions are known and then go out together) {
  line->submit(question(1));
  line->submit(question(2));
  get_ready();
  auto asked = sent();
  CAF_REQUIRE_EQUAL(asked.size(), 2u);
  CAF_CHECK_EQUAL(asked[0].version, 5);
  CAF_CHECK(asked[0].correlation_id != asked[1].correlation_id);
  CAF_CHECK(answer(asked[0], wire::list_offsets_response{}));
  CAF_CHECK(answer(asked[1], wire::list_offsets_response{}));
  CAF_CHECK(settled == (outcomes{"1:ok", "2:ok"}));
}

CAF_TEST(an answer comes in any pieces) {
  get_ready();
  line->submit(question(1));
  auto asked = sent();
  std::vector<char> out;
  wire::append_response(asked[0].correlation_id, asked[0].version, wire::list_offsets_response{}, out);
  for (auto byte : out)
    CAF_REQUIRE(line->receive({&byte, 1}, now));
  CAF_CHECK(settled == outcomes{"1:ok"});
}

CAF_TEST(answers in another order or to nothing end the connection) {
  get_ready();
  line->submit(question(1));
  line->submit(question(2));
  auto asked = sent();
  CAF_CHECK(answer(asked[1], wire::list_offsets_response{}).error() == errc::malformed);
  line.reset();
  CAF_CHECK(settled == (outcomes{"1:timed_out", "2:timed_out"}));
}

CAF_TEST(an answer to nothing) {
  get_ready();
  CAF_CHECK(answer({wire::api_key::list_offsets, 5, 77, {}}, wire::list_offsets_response{}).error()
            == errc::malformed);
}

CAF_TEST(a lost connection tells what was sent from what was not ) {
  get_ready();
  line->submit(question(1));
  sent();
  line->submit(question(2));
  line.reset();
  CAF_CHECK(settled == (outcomes{"1:timed_out", "2:not_leader"}));
}

CAF_TEST(what the node does not have is refused) {
  get_ready(0);
  line->submit(question(1));
  CAF_CHECK(sent().empty());
  CAF_CHECK(settled == outcomes{"1:unsupported_version"});
}

CAF_TEST(the memory for requests is bounded but one is always taken) {
  get_ready();
  line->submit(question(1, 1'000));
  line->submit(question(2, 10));
  CAF_CHECK(settled == outcomes{"2:busy"});
  CAF_CHECK(answer(sent().at(0), wire::list_offsets_response{}));
  line->submit(question(3, 60));
  line->submit(question(4, 40));
  line->submit(question(5, 1));
  CAF_CHECK(settled == (outcomes{"2:busy", "1:ok", "5:busy"}));
}

CAF_TEST(requests without an answer are settled when they are written) {
  get_ready();
  line->submit(unanswered(1));
  CAF_CHECK(settled.empty());
  CAF_CHECK_EQUAL(sent().size(), 1u);
  CAF_CHECK(settled == outcomes{"1:ok"});
  CAF_CHECK_EQUAL(line->unanswered(), 0u);
}

CAF_TEST(a node that does not answer is given up) {
  sent();
  now += 3'001 * ns_per_ms;
  CAF_CHECK(line->tick(now).error() == errc::timed_out);
}

CAF_TEST(a request that is not answered ends the connection) {
  get_ready();
  line->submit(question(1));
  sent();
  now += 30'000 * ns_per_ms;
  CAF_CHECK(line->tick(now));
  now += ns_per_ms;
  CAF_CHECK(line->tick(now).error() == errc::timed_out);
}

CAF_TEST(how late an answer is counts from when it is due) {
  get_ready();
  CAF_CHECK_EQUAL(line->late_ms(now + 900 * ns_per_ms), 0);
  CAF_CHECK(line->is_idle());
  line->submit(make_call<wire::list_offsets_response>(wire::list_offsets_request{}, {10, 400},
                                                      [](const result<wire::list_offsets_response>&) {}));
  auto asked = sent();
  CAF_CHECK_EQUAL(line->late_ms(now + 400 * ns_per_ms), 0);
  CAF_CHECK_EQUAL(line->late_ms(now + 900 * ns_per_ms), 500);
  CAF_CHECK(!line->is_idle());
  CAF_CHECK(answer(asked[0], wire::list_offsets_response{}));
  CAF_CHECK_EQUAL(line->late_ms(now + 900 * ns_per_ms), 0);
  CAF_CHECK(line->is_idle());
}

CAF_TEST(a node that reads nothing is given up though it owes no answer) {
  get_ready();
  line->submit(unanswered(1));
  now += 30'000 * ns_per_ms;
  CAF_CHECK(line->tick(now));
  now += ns_per_ms;
  CAF_CHECK(line->tick(now).error() == errc::timed_out);
  CAF_CHECK(settled.empty());
}

CAF_TEST(a question that keeps the connection alive has its time as any other) {
  get_ready();
  now += 20'001 * ns_per_ms;
  CAF_CHECK(line->tick(now)); // asks, and nothing is written
  now += 30'000 * ns_per_ms;
  CAF_CHECK(line->tick(now));
  now += ns_per_ms;
  CAF_CHECK(line->tick(now).error() == errc::timed_out);
}

CAF_TEST(a quiet connection is kept alive) {
  get_ready();
  now += 20'001 * ns_per_ms;
  CAF_CHECK(line->tick(now));
  auto asked = sent();
  CAF_REQUIRE_EQUAL(asked.size(), 1u);
  CAF_CHECK(answer(asked[0], wire::api_versions_response{}));
  CAF_CHECK(line->tick(now));
  CAF_CHECK(sent().empty());
}

CAF_TEST(garbage ends the connection) {
  get_ready();
  CAF_CHECK(!line->receive(std::string_view{"\xff\xff\xff\xff", 4}, now));
}

CAF_TEST_FIXTURE_SCOPE_END()
