#define CAF_SUITE partitions
#include "tests/kafka_admin/kafka_node.hpp"

#include "actors/kafka/voter_directory.hpp"
#include "runtime/wire/describe_cluster.hpp"
#include "runtime/wire/describe_quorum.hpp"
#include "runtime/wire/describe_topic_partitions.hpp"
#include "runtime/wire/elect_leaders.hpp"
#include "runtime/wire/metadata.hpp"
#include "runtime/wire/partition_reassignments.hpp"
#include "runtime/wire/raft_voters.hpp"
#include "runtime/wire/unregister_broker.hpp"

using namespace troupe;
using namespace troupe::wire;

namespace {

using numbers = std::vector<std::int32_t>;

/// Three brokers, and a topic "t" with the replicas 1, 2, 3.
struct fixture : kafka_node {
  fixture() {
    for (int n : {2, 3})
      decide(metadata::register_broker{
          node_id{n}, {}, {{"PLAINTEXT", "127.0.0.1", static_cast<std::uint16_t>(9091 + n)}}, "r", false});
    metadata::new_topic wanted;
    wanted.name = "t";
    wanted.assignments = {{partition_id{0}, {node_id{1}, node_id{2}, node_id{3}}}};
    decide(metadata::create_topics{{std::move(wanted)}});
    show();
  }

  metadata::broker_epoch epoch_of(int node) { return core.image()->find_broker(node_id{node})->epoch; }
  void fence(int node) {
    decide(metadata::fence_broker{node_id{node}, epoch_of(node)});
    show();
  }
  void unfence(int node) {
    decide(metadata::unfence_broker{node_id{node}, epoch_of(node)});
    show();
  }

  const metadata::partition& first() { return core.image()->find_topic("t")->partitions[0]; }

  /// The leader says that these are in sync.
  void in_sync(std::vector<int> isr) {
    auto& p = first();
    metadata::alter_partition what{p.leader, epoch_of(p.leader.value()), {}};
    auto& item = what.partitions.emplace_back();
    item = {core.image()->find_topic("t")->id, partition_id{0}, p.leader_epoch, p.partition_epoch, {}};
    for (auto node : isr)
      item.isr.push_back({node_id{node}, epoch_of(node)});
    decide(what);
    show();
  }

  metadata_response metadata(api_version at = 13) {
    metadata_request request;
    request.topics = {{{{}, "t"}}};
    return call<metadata_response>(request, at);
  }

  elect_leaders_response elect(std::int8_t type, std::optional<std::vector<elect_leaders_request::topic_partitions>> of,
                               api_version at = 2) {
    return call<elect_leaders_response>(elect_leaders_request{type, std::move(of), 1000}, at);
  }

  alter_partition_reassignments_response reassign(std::optional<numbers> replicas, api_version at = 1,
                                                  bool may_change_factor = true, std::string topic = "t") {
    alter_partition_reassignments_request request;
    request.timeout_ms = 1000;
    request.allow_replication_factor_change = may_change_factor;
    request.topics = {{std::move(topic), {{0, std::move(replicas)}}}};
    return call<alter_partition_reassignments_response>(request, at);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_partition_tests, fixture)

CAF_TEST(metadata tells of several brokers and who is offline) {
  for (api_version at = 5; at <= 13; ++at) {
    auto told = metadata(at);
    CAF_CHECK_EQUAL(told.brokers.size(), 3u);
    CAF_CHECK_EQUAL(told.controller_id, 1);
    auto& p = told.topics.at(0).partitions.at(0);
    CAF_CHECK(p.leader_id == 1 && p.error_code == 0);
    CAF_CHECK(p.replica_nodes == numbers({1, 2, 3}) && p.isr_nodes == numbers({1, 2, 3}) && p.offline_replicas.empty());
  }
  fence(1);
  auto told = metadata();
  CAF_CHECK_EQUAL(told.brokers.size(), 2u);
  CAF_CHECK_EQUAL(told.controller_id, 2); // one that clients can connect to
  auto p = told.topics.at(0).partitions.at(0);
  CAF_CHECK(p.leader_id == 2 && p.leader_epoch == 1);
  CAF_CHECK(p.replica_nodes == numbers({1, 2, 3}) && p.isr_nodes == numbers({2, 3}) && p.offline_replicas == numbers({1}));
  fence(3);
  fence(2);
  p = metadata().topics.at(0).partitions.at(0);
  CAF_CHECK(p.leader_id == -1 && p.error_code == number(error_code::leader_not_available));
  CAF_CHECK(p.isr_nodes == numbers({2}) && p.offline_replicas == numbers({1, 2, 3}));
}

CAF_TEST(a leader without an endpoint of this listener is none) {
  decide(metadata::register_broker{node_id{4}, {}, {{"OTHER", "127.0.0.1", 9999}}, {}, false});
  metadata::new_topic wanted;
  wanted.name = "far";
  wanted.assignments = {{partition_id{0}, {node_id{4}, node_id{1}}}};
  decide(metadata::create_topics{{std::move(wanted)}});
  show();
  metadata_request request;
  request.topics = {{{{}, "far"}}};
  auto p = call<metadata_response>(request, 12).topics.at(0).partitions.at(0);
  CAF_CHECK(p.leader_id == -1 && p.error_code == number(error_code::leader_not_available));
  CAF_CHECK(p.offline_replicas == numbers({4}));
}

CAF_TEST(eligible replicas are told) {
  auto described = [this] {
    describe_topic_partitions_request request;
    request.topics = {{"t"}};
    return call<describe_topic_partitions_response>(request, 0).topics.at(0).partitions.at(0);
  };
  CAF_CHECK(described().eligible_leader_replicas == numbers{});
  fence(3);
  fence(2);
  auto p = described();
  CAF_CHECK(p.isr_nodes == numbers({1}) && p.eligible_leader_replicas == numbers({2}));
  CAF_CHECK(p.offline_replicas == numbers({2, 3}));
  decide(metadata::register_broker{
      node_id{2}, metadata::broker_incarnation{7}, {{"PLAINTEXT", "127.0.0.1", 9093}}, {}, true});
  show();
  CAF_CHECK(described().last_known_elr == numbers({2}));
}

CAF_TEST(elections have their errors partition by partition) {
  for (api_version at = 0; at <= 2; ++at) {
    auto answer = elect(0, {{{"t", {0, 5}}, {"no such", {1}}}}, at);
    CAF_CHECK_EQUAL(answer.error_code, 0);
    CAF_REQUIRE_EQUAL(answer.results.size(), 2u);
    CAF_REQUIRE_EQUAL(answer.results[0].partitions.size(), 2u);
    CAF_CHECK_EQUAL(answer.results[0].partitions[0].error_code, number(error_code::election_not_needed));
    CAF_CHECK_EQUAL(answer.results[0].partitions[1].error_code, number(error_code::unknown_topic_or_partition));
    CAF_CHECK_EQUAL(answer.results[1].topic, "no such");
  }
  fence(1);
  unfence(1);
  auto all = elect(0, std::nullopt);
  CAF_REQUIRE_EQUAL(all.results.size(), 1u);
  CAF_CHECK_EQUAL(all.results[0].partitions.at(0).error_code, number(error_code::preferred_leader_not_available));
  in_sync({1, 2, 3});
  auto done = elect(0, {{{"t", {0}}}});
  CAF_CHECK_EQUAL(done.results.at(0).partitions.at(0).error_code, 0);
  CAF_CHECK(!done.results[0].partitions[0].error_message);
  CAF_CHECK(metadata().topics.at(0).partitions.at(0).leader_id == 1);
  auto unneeded = elect(1, {{{"t", {0}}}});
  CAF_CHECK_EQUAL(unneeded.results.at(0).partitions.at(0).error_code, number(error_code::election_not_needed));
  CAF_CHECK_EQUAL(elect(9, {{{"t", {0}}}}).error_code, number(error_code::invalid_request));
}

CAF_TEST(a reassignment is begun and listed and cancelled) {
  auto listed = [this](std::optional<std::vector<list_partition_reassignments_request::reassignment_topic>> of) {
    auto answer = call<list_partition_reassignments_response>(list_partition_reassignments_request{1000, of}, 0);
    CAF_CHECK_EQUAL(answer.error_code, 0);
    return answer.topics;
  };
  CAF_CHECK(listed(std::nullopt).empty());
  decide(metadata::register_broker{node_id{4}, {}, {{"PLAINTEXT", "127.0.0.1", 9095}}, {}, false});
  show();
  for (api_version at : {0, 1}) {
    auto begun = reassign(numbers{4, 2, 3}, at);
    CAF_CHECK_EQUAL(begun.error_code, 0);
    CAF_CHECK_EQUAL(begun.responses.at(0).partitions.at(0).error_code, 0);
    auto topics = listed({{{"t", {0, 1}}, {"u", {0}}}});
    CAF_REQUIRE(topics.size() == 1 && topics[0].partitions.size() == 1);
    auto& p = topics[0].partitions[0];
    CAF_CHECK(p.replicas == numbers({4, 2, 3, 1}) && p.adding_replicas == numbers({4})
              && p.removing_replicas == numbers({1}));
    CAF_CHECK_EQUAL(listed(std::nullopt).size(), 1u);
    CAF_CHECK(reassign(std::nullopt, at).responses.at(0).partitions.at(0).error_code == 0);
    CAF_CHECK(listed(std::nullopt).empty());
  }
  reassign(numbers{4, 2, 3});
  in_sync({1, 2, 3, 4});
  CAF_CHECK(metadata().topics.at(0).partitions.at(0).replica_nodes == numbers({4, 2, 3}));
}

CAF_TEST(reassignments that cannot be have their errors) {
  auto code = [this](auto... args) { return reassign(args...).responses.at(0).partitions.at(0).error_code; };
  CAF_CHECK_EQUAL(code(std::nullopt), number(error_code::no_reassignment_in_progress));
  CAF_CHECK_EQUAL(code(numbers{1, 9}), number(error_code::invalid_replica_assignment));
  CAF_CHECK_EQUAL(code(numbers{1, 1}), number(error_code::invalid_replica_assignment));
  CAF_CHECK_EQUAL(code(numbers{1, 2}, api_version{1}, false), number(error_code::invalid_replication_factor));
  CAF_CHECK_EQUAL(code(numbers{1}, api_version{1}, true, "no such"), number(error_code::unknown_topic_or_partition));
  CAF_CHECK(reassign(numbers{1, 9}).responses.at(0).partitions.at(0).error_message.has_value());
}

CAF_TEST(a controller that does not lead is said for the whole request) {
  auto refuse = [this] {
    sched.run();
    for (auto& request : std::exchange(*asked, {})) {
      controller_reply reply{request.tag, errc::not_leader, {}, {}};
      session->on(reply);
    }
  };
  send(elect_leaders_request{0, {{{"t", {0}}}}, 1000}, 2);
  refuse();
  auto election = take<elect_leaders_response>();
  CAF_CHECK_EQUAL(election.error_code, number(error_code::not_controller));
  CAF_CHECK_EQUAL(election.results.at(0).partitions.at(0).error_code, number(error_code::not_controller));
  send(alter_partition_reassignments_request{1000, true, {}}, 1);
  refuse();
  CAF_CHECK_EQUAL(take<alter_partition_reassignments_response>().error_code, number(error_code::not_controller));
  send(unregister_broker_request{1}, 0);
  refuse();
  CAF_CHECK_EQUAL(take<unregister_broker_response>().error_code, number(error_code::not_controller));
}

CAF_TEST(a broker is unregistered once it does not live any more) {
  auto code = [this](int node) {
    auto answer = call<unregister_broker_response>(unregister_broker_request{node}, 0);
    CAF_CHECK_EQUAL(answer.error_message.has_value(), answer.error_code != 0);
    return answer.error_code;
  };
  CAF_CHECK_EQUAL(code(9), number(error_code::broker_id_not_registered));
  CAF_CHECK_EQUAL(code(3), number(error_code::invalid_request));
  fence(3);
  CAF_CHECK_EQUAL(code(3), 0);
  describe_cluster_request request;
  request.include_fenced_brokers = true;
  CAF_CHECK_EQUAL(call<describe_cluster_response>(request, 2).brokers.size(), 2u);
}

CAF_TEST(the quorum is described) {
  for (api_version at = 0; at <= 2; ++at) {
    auto answer = call<describe_quorum_response>(
        describe_quorum_request{{{"__cluster_metadata", {{0}, {1}}}, {"t", {{0}}}}}, at);
    CAF_CHECK_EQUAL(answer.error_code, 0);
    CAF_REQUIRE(answer.topics.size() == 2 && answer.topics[0].partitions.size() == 2);
    auto& p = answer.topics[0].partitions[0];
    CAF_CHECK(p.error_code == 0 && p.leader_id == 1 && p.high_watermark > 0);
    CAF_REQUIRE_EQUAL(p.current_voters.size(), 1u);
    CAF_CHECK(p.current_voters[0].replica_id == 1 && p.current_voters[0].log_end_offset == p.high_watermark);
    CAF_CHECK_EQUAL(answer.topics[0].partitions[1].error_code, number(error_code::unknown_topic_or_partition));
    CAF_CHECK_EQUAL(answer.topics[1].partitions[0].error_code, number(error_code::unknown_topic_or_partition));
    CAF_CHECK_EQUAL(answer.nodes.size(), at >= 2 ? 1u : 0u);
  }
}

CAF_TEST(changes of the quorum have their errors) {
  auto add = [this](int node, api_version at, std::optional<std::string> cluster = {}) {
    auto answer =
        call<add_raft_voter_response>(add_raft_voter_request{cluster, 1000, node, {}, {}, true}, at);
    CAF_CHECK_EQUAL(answer.error_message.has_value(), answer.error_code != 0);
    return answer.error_code;
  };
  for (api_version at : {0, 1}) {
    CAF_CHECK_EQUAL(add(1, at), number(error_code::duplicate_voter));
    CAF_CHECK_EQUAL(add(2, at), number(error_code::request_timed_out)); // it does not follow
    CAF_CHECK_EQUAL(add(2, at, "another"), number(error_code::inconsistent_cluster_id));
  }
  auto remove = [this](int node, topic_id directory = {}, std::optional<std::string> cluster = {}) {
    return call<remove_raft_voter_response>(remove_raft_voter_request{cluster, node, directory}, 0)
        .error_code;
  };
  CAF_CHECK_EQUAL(remove(9), number(error_code::voter_not_found));
  CAF_CHECK_EQUAL(remove(1), number(error_code::invalid_request)); // the last one
  topic_id strange;
  strange.bytes.fill(7); // no directory is called so
  CAF_CHECK_EQUAL(remove(1, strange), number(error_code::voter_not_found));
  CAF_CHECK_EQUAL(remove(1, {}, "another"), number(error_code::inconsistent_cluster_id));
}

CAF_TEST(a change of the quorum asks for what the request says) {
  topic_id directory;
  directory.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0, 0, 0, 0, 0, 1, 2};
  send(
      add_raft_voter_request{
          core.image()->cluster_id(), 1234, 3, directory, {{"CONTROLLER", "host", 9093}}, false},
      1);
  sched.run();
  CAF_REQUIRE_EQUAL(asked->size(), 1u);
  auto what = std::get<metadata::change_quorum>(asked->front().what);
  CAF_CHECK(what.node == node_id{3} && what.adds && !what.when_committed && what.timeout_ms == 1234);
  CAF_CHECK_EQUAL(what.disk, 0xfe00000000000102u);
  CAF_CHECK(kafka::directory_of(what.disk) == directory);
  controller_reply reply{
      asked->front().tag, errc::none, metadata::change_quorum_reply{{errc::timed_out, "why"}}, {}};
  session->on(reply);
  auto late = take<add_raft_voter_response>();
  CAF_CHECK_EQUAL(late.error_code, number(error_code::request_timed_out));
  CAF_CHECK(late.error_message->find("why") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
