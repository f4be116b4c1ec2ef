#define CAF_SUITE session
#include "caf/test/dsl.hpp"

#include "actors/kafka/session.hpp"
#include "runtime/base/random.hpp"
#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/metadata.hpp"

using namespace troupe;

namespace {

/// Of the lower byte of a request's version.
constexpr std::size_t version_position = 7;

class still_clock final : public clock_port {
public:
  timestamp_ms wall() const override { return timestamp_ms{1}; }
  std::int64_t monotonic_ns() const override { return now; }
  std::int64_t now = 1;
};

struct fixture : test_coordinator_fixture<> {
  fixture() {
    environment.system = &sys;
    environment.clock = &clock;
    environment.budget = std::make_shared<kafka::byte_budget>();
    environment.options = std::make_shared<kafka::session_options>();
  }

  std::unique_ptr<kafka::session> make() {
    return std::make_unique<kafka::session>(environment, std::make_shared<broker_view>());
  }

  /// A request that is answered at once.
  static std::string request(std::int32_t correlation_id, wire::api_version version = 0) {
    std::vector<char> out;
    wire::append_request({wire::api_key::api_versions, version, correlation_id, "test"},
                         wire::api_versions_request{}, out);
    return {out.begin(), out.end()};
  }

  /// The correlation ids of all answers that are ready.
  static std::vector<std::int32_t> answers(kafka::session& session) {
    std::vector<char> out;
    session.drain(out, 1'000'000);
    return ids_in(out);
  }

  static std::vector<std::int32_t> ids_in(const std::vector<char>& out) {
    wire::frame_reader frames;
    std::string_view data{out.data(), out.size()};
    std::vector<std::int32_t> ids;
    while (!data.empty()) {
      auto frame = frames.next(data);
      CAF_REQUIRE(frame && *frame);
      ids.push_back(wire::peek_correlation_id(**frame).value());
    }
    return ids;
  }

  still_clock clock;
  kafka::session_environment environment;
};

using ids = std::vector<std::int32_t>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_tests, fixture)

CAF_TEST(a request that comes byte by byte is answered once it is whole) {
  auto session = make();
  auto bytes = request(7);
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    session->receive({&bytes[i], 1});
    CAF_REQUIRE(answers(*session).empty());
  }
  session->receive({&bytes.back(), 1});
  CAF_CHECK_EQUAL(answers(*session), ids{7});
  CAF_CHECK(session->idle());
}

CAF_TEST(requests in one piece are answered in their order) {
  auto session = make();
  std::string all;
  for (std::int32_t id = 1; id <= 20; ++id)
    all += request(id);
  random_source random{1};
  for (std::size_t at = 0; at < all.size();) {
    auto size = std::min<std::size_t>(1 + random.below(100), all.size() - at);
    session->receive({all.data() + at, size});
    at += size;
  }
  auto got = answers(*session);
  CAF_REQUIRE_EQUAL(got.size(), 20u);
  for (std::int32_t id = 1; id <= 20; ++id)
    CAF_CHECK_EQUAL(got[static_cast<std::size_t>(id - 1)], id);
}

CAF_TEST(an answer leaves piece by piece and the next one behind it) {
  auto session = make();
  session->receive(request(1) + request(2));
  std::vector<char> out;
  session->drain(out, 5);
  CAF_CHECK_EQUAL(out.size(), 5u);
  CAF_CHECK(!session->idle());
  auto rest = session->unsent();
  CAF_CHECK(rest > 0);
  CAF_CHECK_EQUAL(environment.budget->unsent.load(), rest);
  session->drain(out, rest);
  CAF_CHECK_EQUAL(ids_in(out), ids{1});
  CAF_CHECK_EQUAL(session->unsent(), 0u);
  session->drain(out, 1'000'000);
  CAF_CHECK_EQUAL(ids_in(out), (ids{1, 2}));
  CAF_CHECK(session->idle());
}

CAF_TEST(a version of ApiVersions that is not known is answered nevertheless) {
  auto session = make();
  auto bytes = request(5, 3);
  bytes[version_position] = 99;
  session->receive(bytes);
  CAF_CHECK_EQUAL(answers(*session), ids{5});
  CAF_CHECK(!session->failed());
}

CAF_TEST(an unknown version of another request fails the session after earlier answers) {
  auto session = make();
  std::vector<char> bad;
  wire::append_request({wire::api_key::metadata, 13, 2, "test"}, wire::metadata_request{}, bad);
  bad[version_position] = 99;
  session->receive(request(1) + std::string{bad.begin(), bad.end()} + request(3));
  CAF_CHECK(!session->failure().empty());
  CAF_CHECK(!session->failed());
  CAF_CHECK(!session->wants_input());
  CAF_CHECK_EQUAL(answers(*session), ids{1});
  CAF_CHECK(session->failed());
}

CAF_TEST(a negative size fails the session) {
  auto session = make();
  session->receive(std::string_view{"\xff\xff\xff\xff", 4});
  CAF_CHECK(session->failed());
}

CAF_TEST(a size beyond the limit fails the session before memory is taken) {
  auto options = std::make_shared<kafka::session_options>();
  options->request_max_bytes = 100;
  environment.options = options;
  auto session = make();
  session->receive(std::string_view{"\x00\x00\x00\x65", 4});
  CAF_CHECK(session->failed());
}

CAF_TEST(too many unanswered requests stop the reading until answers have left) {
  auto session = make();
  for (std::size_t i = 0; i < limits::pipelined_requests_max; ++i) {
    CAF_REQUIRE(session->wants_input());
    session->receive(request(static_cast<std::int32_t>(i)));
  }
  CAF_CHECK(!session->wants_input());
  CAF_CHECK_EQUAL(answers(*session).size(), limits::pipelined_requests_max);
  CAF_CHECK(session->wants_input());
}

CAF_TEST(what all sessions hold counts against the budget and is given back) {
  environment.budget->limit = request(1).size();
  auto one = make();
  auto other = make();
  one->receive(request(1) + request(2));
  CAF_CHECK(environment.budget->used.load() > environment.budget->limit);
  CAF_CHECK(!one->wants_input());
  CAF_CHECK(other->wants_input()); // a session with nothing under way may always go on
  other->receive(request(3));
  CAF_CHECK(!other->wants_input());
  one.reset();
  CAF_CHECK_EQUAL(answers(*other), ids{3});
  CAF_CHECK_EQUAL(environment.budget->used.load(), 0u);
}

CAF_TEST(a request that does not arrive whole and a client that is idle are overdue) {
  constexpr std::int64_t minute_ns = 60'000 * ns_per_ms;
  auto session = make();
  session->receive(std::string_view{"\x00\x00\x00\x40half", 8});
  clock.now += minute_ns / 2;
  CAF_CHECK_EQUAL(session->overdue(0, false), "");
  clock.now += minute_ns;
  CAF_CHECK_NOT_EQUAL(session->overdue(0, false), "");
  auto idle = make();
  CAF_CHECK_EQUAL(idle->overdue(minute_ns, false), "");
  CAF_CHECK_NOT_EQUAL(idle->overdue(11 * minute_ns, false), "");
}

CAF_TEST_FIXTURE_SCOPE_END()
