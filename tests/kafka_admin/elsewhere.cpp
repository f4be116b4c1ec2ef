#define CAF_SUITE elsewhere
#include "tests/kafka_admin/kafka_node.hpp"

#include "runtime/wire/error_code.hpp"
#include "runtime/wire/fetch.hpp"
#include "runtime/wire/metadata.hpp"
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

  wire::metadata_request metadata(bool of_all = false) const {
    wire::metadata_request request;
    if (!of_all)
      request.topics.emplace().push_back({{}, "t"});
    return request;
  }

  static std::int32_t leader_in(const wire::metadata_response& answer) {
    return answer.topics.at(0).partitions.at(0).leader_id;
  }

  metadata::broker_epoch second() const { return core.image()->find_broker(node_id{2})->epoch; }

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

CAF_TEST(who asks for a leader that was lost a moment ago is told when there is another one) {
  CAF_CHECK_EQUAL(leader_in(call<wire::metadata_response>(metadata(), 9)), 2);
  lost->lost(node_id{2}, clock.monotonic_ns());
  for (auto of_all : {false, true}) {
    decide(metadata::unfence_broker{node_id{2}, second()});
    show();
    send(metadata(of_all), 9);
    CAF_CHECK(!has_answer());
    show(); // nothing that matters
    CAF_CHECK(!has_answer());
    decide(metadata::fence_broker{node_id{2}, second()});
    show();
    CAF_REQUIRE(has_answer());
    CAF_CHECK_EQUAL(leader_in(take<wire::metadata_response>()), -1);
  }
}

CAF_TEST(who asks for a lost leader is told in time what is known) {
  lost->lost(node_id{2}, clock.monotonic_ns());
  send(metadata(), 9);
  CAF_CHECK(!has_answer());
  request_deadline over{{session->requests() - 1, 0}};
  session->on(over);
  CAF_REQUIRE(has_answer());
  CAF_CHECK_EQUAL(leader_in(take<wire::metadata_response>()), 2);
  // What does not concern a lost leader, or one that is back, is told at once.
  metadata::new_topic wanted;
  wanted.name = "mine";
  wanted.assignments.push_back({partition_id{0}, {node_id{1}}});
  decide(metadata::create_topics{{std::move(wanted)}, false});
  show();
  auto mine = metadata();
  mine.topics->at(0).name = "mine";
  CAF_CHECK_EQUAL(leader_in(call<wire::metadata_response>(mine, 9)), 1);
  lost->found(node_id{2});
  CAF_CHECK_EQUAL(leader_in(call<wire::metadata_response>(metadata(), 9)), 2);
}

CAF_TEST(a node that may have missed something tells no leaders before it has heard it) {
  lease->end();
  send(metadata(), 9);
  CAF_CHECK(!has_answer());
  decide(metadata::fence_broker{node_id{1}, core.image()->find_broker(node_id{1})->epoch});
  show(); // it was taken for dead: what it knows is new
  CAF_REQUIRE(has_answer());
  CAF_CHECK_EQUAL(leader_in(take<wire::metadata_response>()), 2);
}

CAF_TEST(a produce is answered in time whatever becomes of its partition) {
  auto partition = caf::actor_cast<partition_actor>(sys.spawn(deaf_client));
  auto other = caf::actor_cast<partition_actor>(sys.spawn(deaf_client));
  auto show_with = [&](const partition_actor& route) {
    auto view = std::make_shared<broker_view>();
    view->image = core.image();
    if (route)
      view->set_routes(id(), std::make_shared<std::vector<partition_actor>>(1, route));
    session->on(view_update{view});
  };
  auto outcome = [&] { return take<produce_response>().responses.at(0).partition_responses.at(0).error_code; };
  auto request = produce();
  request.timeout_ms = 1'500;
  show_with(partition);
  // It never answers.
  send(request, 9);
  clock.now_ns += 1'499 * ns_per_ms;
  session->tick();
  CAF_CHECK(!has_answer());
  clock.now_ns += ns_per_ms;
  session->tick();
  CAF_REQUIRE(has_answer());
  CAF_CHECK_EQUAL(outcome(), wire::number(wire::error_code::request_timed_out));
  // It is started anew, and knows nothing of what its predecessor was asked.
  send(request, 9);
  show_with(partition);
  CAF_CHECK(!has_answer());
  show_with(other);
  CAF_REQUIRE(has_answer());
  CAF_CHECK_EQUAL(outcome(), elsewhere);
  // It is led elsewhere.
  send(request, 9);
  show_with({});
  CAF_REQUIRE(has_answer());
  CAF_CHECK_EQUAL(outcome(), elsewhere);
  // What comes too late is for nobody.
  append_reply late;
  late.tag = {session->requests() - 1, 0};
  session->on(late);
  CAF_CHECK(!has_answer());
  for (auto& one : {partition, other})
    anon_send_exit(one, caf::exit_reason::user_shutdown);
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
