#define CAF_SUITE quorum_report
#include "caf/test/dsl.hpp"

#include "actors/controller/quorum_report.hpp"

#include <memory>
#include <vector>

using namespace troupe;

namespace {

/// Knows of two voters and an observer that has fallen behind.
caf::behavior fake_driver(caf::event_based_actor* self) {
  return {
      [self](const quorum_question& m) {
        quorum_view view{m.tag, {node_id{1}, raft::term{7}}, raft::log_index{20}, raft::log_index{22}, {}};
        view.nodes.push_back({node_id{1}, true, raft::log_index{22}, 0});
        view.nodes.push_back({node_id{2}, true, raft::log_index{20}, 2});
        view.nodes.push_back({node_id{3}, false, raft::log_index{4}, 10, raft::disk_id{33}});
        self->send(m.reply_to, std::move(view));
      },
  };
}

controller_client::behavior_type asker(controller_client::pointer, std::shared_ptr<std::vector<controller_reply>> heard) {
  return {[heard](controller_reply& reply) { heard->push_back(std::move(reply)); }};
}

struct fixture : test_coordinator_fixture<> {
  std::shared_ptr<std::vector<controller_reply>> heard = std::make_shared<std::vector<controller_reply>>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(quorum_report_tests, fixture)

CAF_TEST(the quorum is described as its driver sees it) {
  auto driver = caf::actor_cast<raft_driver_actor>(sys.spawn(fake_driver));
  auto reporter = sys.spawn(quorum_report, driver, request_tag{5, 6}, sys.spawn(asker, heard), std::int64_t{100'000});
  sched.run();
  CAF_REQUIRE_EQUAL(heard->size(), 1u);
  auto& reply = heard->front();
  CAF_CHECK(reply.code == errc::none && reply.tag.request == 5 && reply.tag.part == 6);
  auto& told = std::get<metadata::describe_quorum_reply>(reply.what);
  CAF_CHECK(told.leader == node_id{1} && told.epoch == 7);
  CAF_CHECK_EQUAL(told.high_watermark, 21);
  CAF_REQUIRE_EQUAL(told.members.size(), 3u);
  CAF_CHECK(told.members[0].votes && told.members[0].log_end == 23 && told.members[0].caught_up_ms == 100'000);
  CAF_CHECK(told.members[1].votes && told.members[1].last_heard_ms == 99'900 && told.members[1].caught_up_ms == 99'900);
  CAF_CHECK(!told.members[2].votes && told.members[2].log_end == 5 && told.members[2].caught_up_ms == -1);
  CAF_CHECK_EQUAL(told.members[2].disk, 33u);
}

CAF_TEST_FIXTURE_SCOPE_END()
