#define CAF_SUITE quorum_change
#include "caf/test/dsl.hpp"

#include "actors/controller/quorum_change.hpp"

#include <chrono>
#include <memory>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Answers with the codes that it is given, one after the other, and then not at all.
struct script {
  std::vector<errc> codes;
  std::vector<quorum_change> asked;
};

caf::behavior fake_driver(caf::event_based_actor* self, std::shared_ptr<script> play) {
  return {
      [self, play](const quorum_change& m) {
        play->asked.push_back(m);
        if (play->asked.size() <= play->codes.size())
          self->send(m.reply_to, quorum_change_reply{m.tag, play->codes[play->asked.size() - 1], "why"});
      },
  };
}

controller_client::behavior_type asker(controller_client::pointer,
                                       std::shared_ptr<std::vector<controller_reply>> heard) {
  return {[heard](controller_reply& reply) { heard->push_back(std::move(reply)); }};
}

struct fixture : test_coordinator_fixture<> {
  std::shared_ptr<script> play = std::make_shared<script>();
  std::shared_ptr<std::vector<controller_reply>> heard = std::make_shared<std::vector<controller_reply>>();

  void start(std::vector<errc> codes) {
    play->codes = std::move(codes);
    auto driver = caf::actor_cast<raft_driver_actor>(sys.spawn(fake_driver, play));
    sys.spawn(quorum_changer, driver, request_tag{5, 6}, sys.spawn(asker, heard),
              metadata::change_quorum{node_id{4}, 77, true, true, 1'000});
    sched.run();
  }
  void pass(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 10ms) {
      advance_time(10ms);
      sched.run();
    }
  }
  error outcome() {
    CAF_REQUIRE_EQUAL(heard->size(), 1u);
    CAF_CHECK(heard->front().code == errc::none && heard->front().tag.request == 5
              && heard->front().tag.part == 6);
    return std::get<metadata::change_quorum_reply>(heard->front().what).what;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(quorum_change_tests, fixture)

CAF_TEST(a busy quorum is asked again until it is not ) {
  start({errc::busy, errc::busy, errc::none});
  CAF_CHECK(heard->empty());
  pass(300ms);
  CAF_CHECK(outcome().code == errc::none);
  CAF_REQUIRE_EQUAL(play->asked.size(), 3u);
  auto& last = play->asked.back();
  CAF_CHECK(last.node == node_id{4} && last.adds && last.when_committed && last.disk == raft::disk_id{77});
  pass(2s);
  CAF_CHECK_EQUAL(heard->size(), 1u);
}

CAF_TEST(a refusal is passed on at once) {
  start({errc::already_exists});
  CAF_CHECK(outcome().code == errc::already_exists);
  CAF_CHECK_EQUAL(outcome().detail, "why");
}

CAF_TEST(who does not lead any more says so) {
  start({errc::not_leader});
  CAF_REQUIRE_EQUAL(heard->size(), 1u);
  CAF_CHECK(heard->front().code == errc::not_leader);
}

CAF_TEST(a change that is not committed in time is given up with the reason) {
  start({errc::busy});
  pass(900ms);
  CAF_CHECK(heard->empty());
  pass(200ms);
  CAF_CHECK(outcome().code == errc::timed_out);
  CAF_CHECK_EQUAL(outcome().detail, "why");
}

CAF_TEST_FIXTURE_SCOPE_END()
