#define CAF_SUITE elsewhere
#include "tests/kafka_admin/kafka_node.hpp"

#include "runtime/wire/error_code.hpp"
#include "runtime/wire/fetch.hpp"
#include "runtime/wire/produce.hpp"

#include <limits>

using namespace troupe;
using wire::fetch_response;
using wire::produce_request;
using wire::produce_response;

namespace {

/// A node that is asked for the one partition of "t", which node 2 leads.
struct fixture : kafka_node {
  fixture() {
    register_second(false);
    metadata::new_topic wanted;
    wanted.name = "t";
    wanted.assignments.push_back({partition_id{0}, {node_id{2}}});
    auto made = decide(metadata::create_topics{{std::move(wanted)}, false});
    CAF_REQUIRE(std::get<metadata::create_topics_reply>(made).topics.at(0).what.code == errc::none);
    show();
  }

  void register_second(bool fenced) {
    decide(metadata::register_broker{
        node_id{2}, metadata::broker_incarnation{++incarnations}, {{"PLAINTEXT", "node-two", 9099}}, {}, fenced});
    show();
  }

  topic_id id() const { return core.image()->find_topic("t")->id; }

  wire::fetch_request fetch() const {
    wire::fetch_request request;
    request.max_wait_ms = std::numeric_limits<std::int32_t>::max();
    request.min_bytes = 1;
    request.topics.push_back({"t", id(), {{}}});
    request.topics[0].partitions[0].partition_max_bytes = 1000;
    return request;
  }

  produce_request produce() const {
    produce_request request;
    request.acks = 1;
    request.topic_data.push_back({"t", id(), {{0, bytes::copy_of("any")}}});
    return request;
  }

  std::uint64_t incarnations = 0;
};

constexpr auto elsewhere = wire::number(wire::error_code::not_leader_or_follower);

} // namespace

CAF_TEST_FIXTURE_SCOPE(elsewhere_tests, fixture)

CAF_TEST(a fetch is told where the leader is) {
  auto answer = call<fetch_response>(fetch(), 16);
  auto& partition = answer.responses.at(0).partitions.at(0);
  CAF_CHECK_EQUAL(partition.error_code, elsewhere);
  CAF_CHECK_EQUAL(partition.current_leader.leader_id, 2);
  CAF_CHECK_EQUAL(partition.current_leader.leader_epoch, 0);
  CAF_REQUIRE_EQUAL(answer.node_endpoints.size(), 1u);
  CAF_CHECK_EQUAL(answer.node_endpoints[0].node_id, 2);
  CAF_CHECK_EQUAL(answer.node_endpoints[0].host, "node-two");
  CAF_CHECK_EQUAL(answer.node_endpoints[0].port, 9099);
}

CAF_TEST(a produce is told where the leader is) {
  auto answer = call<produce_response>(produce(), 10);
  auto& partition = answer.responses.at(0).partition_responses.at(0);
  CAF_CHECK_EQUAL(partition.error_code, elsewhere);
  CAF_CHECK_EQUAL(partition.current_leader.leader_id, 2);
  CAF_CHECK_EQUAL(partition.current_leader.leader_epoch, 0);
  CAF_REQUIRE_EQUAL(answer.node_endpoints.size(), 1u);
  CAF_CHECK_EQUAL(answer.node_endpoints[0].host, "node-two");
}

CAF_TEST(clients of before KIP 951 are told no more than that it is elsewhere) {
  auto fetched = call<fetch_response>(fetch(), 15);
  CAF_CHECK_EQUAL(fetched.responses.at(0).partitions.at(0).error_code, elsewhere);
  CAF_CHECK_EQUAL(fetched.responses.at(0).partitions.at(0).current_leader.leader_id, -1);
  auto written = call<produce_response>(produce(), 9);
  CAF_CHECK_EQUAL(written.responses.at(0).partition_responses.at(0).error_code, elsewhere);
  CAF_CHECK_EQUAL(written.responses.at(0).partition_responses.at(0).current_leader.leader_id, -1);
}

CAF_TEST(each node is listed once and one that nobody can reach is not) {
  auto request = fetch();
  request.topics.push_back(request.topics[0]);
  CAF_CHECK_EQUAL(call<fetch_response>(request, 16).node_endpoints.size(), 1u);
  register_second(true);
  auto answer = call<fetch_response>(fetch(), 16);
  CAF_CHECK(answer.node_endpoints.empty());
}

CAF_TEST(no alarm of a fetch is set for longer than five minutes) {
  auto view = std::make_shared<broker_view>();
  view->image = core.image();
  auto partition = caf::actor_cast<partition_actor>(sys.spawn(deaf_client));
  view->set_routes(id(), std::make_shared<std::vector<partition_actor>>(1, partition));
  session->on(view_update{view});
  send(fetch(), 16);
  fetch_reply nothing;
  session->on(nothing);
  sched.run();
  CAF_CHECK(!has_answer());
  CAF_CHECK(sched.clock().has_pending_timeout());
  sched.advance_time(std::chrono::minutes{5});
  CAF_CHECK(!sched.clock().has_pending_timeout());
  anon_send_exit(partition, caf::exit_reason::user_shutdown);
}

CAF_TEST_FIXTURE_SCOPE_END()
