#define CAF_SUITE racks
#include "tests/kafka_admin/kafka_node.hpp"

#include "runtime/wire/error_code.hpp"
#include "runtime/wire/fetch.hpp"

using namespace troupe;
using wire::fetch_response;

namespace {

/// Nodes 1, 2 and 3 in the racks a, b and c; the session is on node 1. A partition that answers as it is told.
struct fixture : kafka_node {
  fixture() {
    for (auto [id, rack] : {std::pair{1, "a"}, std::pair{2, "b"}, std::pair{3, "c"}})
      register_node(id, rack, false);
    metadata::new_topic wanted;
    wanted.name = "t";
    wanted.assignments.push_back({partition_id{0}, {node_id{1}, node_id{2}, node_id{3}}});
    wanted.assignments.push_back({partition_id{1}, {node_id{2}, node_id{1}, node_id{3}}});
    auto made = decide(metadata::create_topics{{std::move(wanted)}, false});
    CAF_REQUIRE(std::get<metadata::create_topics_reply>(made).topics.at(0).what.code == errc::none);
    partition = caf::actor_cast<partition_actor>(sys.spawn([asked = asked_](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {[asked](const ::troupe::fetch_request& m) { asked->push_back(m); }};
    }));
    show_routes();
  }
  ~fixture() { anon_send_exit(partition, caf::exit_reason::user_shutdown); }

  void register_node(int id, std::optional<std::string> rack, bool fenced) {
    decide(metadata::register_broker{node_id{id}, metadata::broker_incarnation{++incarnations},
                                     {{"PLAINTEXT", "node", static_cast<std::uint16_t>(9000 + id)}}, rack, fenced});
  }

  /// Node 1 leads partition 0 and follows in partition 1.
  void show_routes() {
    auto view = std::make_shared<broker_view>();
    view->image = core.image();
    auto id = view->image->find_topic("t")->id;
    view->set_routes(id, std::make_shared<std::vector<partition_actor>>(std::vector<partition_actor>{partition, {}}));
    view->set_followers(id, std::make_shared<std::vector<partition_actor>>(std::vector<partition_actor>{{}, partition}));
    session->on(view_update{view});
  }

  wire::fetch_request fetch(std::int32_t number, std::string rack) const {
    wire::fetch_request request;
    request.topics.push_back({"t", core.image()->find_topic("t")->id, {{}}});
    request.topics[0].partitions[0].partition = number;
    request.topics[0].partitions[0].partition_max_bytes = 1000;
    request.max_wait_ms = 1000;
    request.min_bytes = 1;
    request.rack_id = std::move(rack);
    return request;
  }

  /// What the partition is asked, or nothing.
  std::optional<::troupe::fetch_request> ask(std::int32_t number, std::string rack, wire::api_version version = 12) {
    asked_->clear();
    send(fetch(number, std::move(rack)), version);
    sched.run();
    return asked_->empty() ? std::nullopt : std::optional{asked_->front()};
  }

  /// The preferred replica that the client is told.
  std::int32_t preferred(std::int32_t number, std::string rack, wire::api_version version = 12) {
    auto asked = ask(number, std::move(rack), version);
    CAF_REQUIRE(asked);
    fetch_reply reply;
    reply.tag = asked->tag;
    reply.high_watermark = offset{7};
    reply.log_start = offset{0};
    reply.batches.push_back(bytes::copy_of("some"));
    reply.size_bytes = 4;
    session->on(reply);
    auto answer = take<fetch_response>();
    auto& part = answer.responses.at(0).partitions.at(0);
    CAF_CHECK_EQUAL(part.error_code, 0);
    CAF_CHECK_EQUAL(part.high_watermark, 7);
    CAF_CHECK_EQUAL(part.records->slices.empty(), part.preferred_read_replica >= 0);
    return part.preferred_read_replica;
  }

  partition_actor partition;
  std::shared_ptr<std::vector<::troupe::fetch_request>> asked_ = std::make_shared<std::vector<::troupe::fetch_request>>();
  std::uint64_t incarnations = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(racks_tests, fixture)

CAF_TEST(a leader sends a client to the replica in its rack) {
  CAF_CHECK_EQUAL(preferred(0, "b"), 2);
  CAF_CHECK_EQUAL(preferred(0, "c"), 3);
}

CAF_TEST(a leader keeps clients of its own rack or of no rack or of one without replicas) {
  CAF_CHECK_EQUAL(preferred(0, "a"), -1);
  CAF_CHECK_EQUAL(preferred(0, ""), -1);
  CAF_CHECK_EQUAL(preferred(0, "nowhere"), -1);
}

CAF_TEST(clients of before KIP 392 are kept) {
  CAF_CHECK_EQUAL(preferred(0, "b", 10), -1);
}

CAF_TEST(nobody is sent to a replica that is fenced) {
  register_node(2, "b", true);
  show_routes();
  CAF_CHECK_EQUAL(preferred(0, "b"), -1);
}

CAF_TEST(a leader without a rack keeps everybody) {
  register_node(1, {}, false);
  show_routes();
  CAF_CHECK_EQUAL(preferred(0, "b"), -1);
}

CAF_TEST(a follower is asked for clients that say their rack only) {
  auto asked = ask(1, "a");
  CAF_REQUIRE(asked);
  CAF_CHECK(asked->any_replica);
  CAF_CHECK(asked->max_bytes > 0);
  fetch_reply reply;
  reply.tag = asked->tag;
  reply.high_watermark = offset{7};
  reply.batches.push_back(bytes::copy_of("some"));
  reply.size_bytes = 4;
  session->on(reply);
  auto part = take<fetch_response>().responses.at(0).partitions.at(0);
  CAF_CHECK_EQUAL(part.error_code, 0);
  CAF_CHECK_EQUAL(part.preferred_read_replica, -1);
  CAF_CHECK(!part.records->slices.empty());
  CAF_CHECK(!ask(1, ""));
  auto refused = take<fetch_response>().responses.at(0).partitions.at(0);
  CAF_CHECK_EQUAL(refused.error_code, wire::number(wire::error_code::not_leader_or_follower));
}

CAF_TEST_FIXTURE_SCOPE_END()
