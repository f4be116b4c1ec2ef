#define CAF_SUITE readers
#include "tests/replicas/replica_workshop.hpp"

#include "tests/remote/end_of.hpp"

#include <spdlog/spdlog.h>

#include "caf/test/dsl.hpp" // last: its macros have everyday names

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Readers that may be answered by a follower (KIP-392).
struct reading : replica_workshop {
  reading() : replica_workshop(3) {
    spdlog::set_level(spdlog::level::off);
    make_topic({1, 2, 3});
    for (auto* value : {"0", "1", "2"})
      CAF_REQUIRE(write(value) >= 0);
    CAF_REQUIRE(pass_until([&] { return knows(2, 3) && knows(3, 3); }));
  }

  bool knows(int id, std::int64_t high_watermark) {
    return counters(id).high_watermark.value() == static_cast<std::uint64_t>(high_watermark);
  }

  /// The answer to fetch_any.
  fetch_reply last(int id) {
    CAF_REQUIRE(!mail(id).fetched.empty());
    return mail(id).fetched.back();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(readers_tests, reading)

CAF_TEST(a follower answers with what is committed) {
  fetch_any(2, 0);
  CAF_CHECK(last(2).code == errc::none);
  CAF_CHECK_EQUAL(last(2).high_watermark.value(), 3);
  CAF_CHECK_EQUAL(test::end_of(last(2)), 3);
  fetch_any(2, 3);
  CAF_CHECK(last(2).code == errc::none);
  CAF_CHECK_EQUAL(last(2).size_bytes, 0u);
  fetch_any(2, 4);
  CAF_CHECK(last(2).code == errc::offset_out_of_range); // the client asks the leader then
}

CAF_TEST(a follower does not show what it has and nobody has committed) {
  // The other follower falls behind: what the leader and this one have is not committed yet.
  cut_off(3);
  send(1, "3");
  pass(300ms);
  CAF_CHECK_EQUAL(counters(2).log_end.value(), 4u);
  fetch_any(2, 0);
  CAF_CHECK_EQUAL(test::end_of(last(2)), 3);
  CAF_CHECK_EQUAL(last(2).high_watermark.value(), 3);
  fetch_any(2, 3, true);
  CAF_CHECK_EQUAL(last(2).size_bytes, 0u);
  auto woken = mail(2).woken;
  mend(3);
  CAF_CHECK(pass_until([&] { return mail(2).woken > woken; }));
  fetch_any(2, 3);
  CAF_CHECK_EQUAL(test::end_of(last(2)), 4);
}

CAF_TEST(a reader that waits at a follower is woken by what comes) {
  fetch_any(3, 3, true);
  auto woken = mail(3).woken;
  CAF_CHECK_EQUAL(write("3"), 3);
  CAF_CHECK(pass_until([&] { return mail(3).woken > woken; }, 1s));
  // Once for each question.
  CAF_CHECK_EQUAL(write("4"), 4);
  pass(100ms);
  CAF_CHECK_EQUAL(mail(3).woken, woken + 1);
  fetch_any(3, 3);
  CAF_CHECK_EQUAL(test::end_of(last(3)), 5);
}

CAF_TEST(a reader that waits at a follower hears when it leads) {
  fetch_any(2, 3, true);
  auto woken = mail(2).woken;
  crash(1);
  fence(1);
  CAF_REQUIRE(pass_until([&] { return leader() == 2; }));
  CAF_CHECK(pass_until([&] { return mail(2).woken > woken; }));
  CAF_CHECK(pass_until([&] { return write("3") == 3; }));
  fetch_any(2, 3);
  CAF_CHECK_EQUAL(test::end_of(last(2)), 4);
}

CAF_TEST(epochs are checked as by a leader) {
  fetch_any(2, 0, false, state().leader_epoch);
  CAF_CHECK(last(2).code == errc::none);
  fetch_any(2, 0, false, leader_epoch{state().leader_epoch.value() + 1});
  CAF_CHECK(last(2).code == errc::unknown_leader_epoch);
  if (state().leader_epoch > leader_epoch{0}) {
    fetch_any(2, 0, false, leader_epoch{state().leader_epoch.value() - 1});
    CAF_CHECK(last(2).code == errc::fenced_leader_epoch);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
