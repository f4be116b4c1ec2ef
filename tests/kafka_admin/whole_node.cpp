#define CAF_SUITE whole_node
#include "caf/test/unit_test.hpp"

#include "actors/testing/test_node.hpp"

#include <caf/all.hpp>

using namespace troupe;
using namespace troupe::metadata;
using testing::test_node;

namespace {

controller_client::behavior_type asker(controller_client::pointer,
                                       std::shared_ptr<std::optional<controller_reply>> answer) {
  return {[answer](controller_reply& reply) { *answer = std::move(reply); }};
}

template <class Reply>
Reply ask(test_node& node, command what) {
  auto answer = std::make_shared<std::optional<controller_reply>>();
  auto client = node.system().spawn(asker, answer);
  caf::anon_send(node.access().controller, controller_request{{}, std::move(what), client});
  CAF_REQUIRE(node.run_until([&] { return answer->has_value(); }));
  CAF_REQUIRE((*answer)->code == errc::none);
  node.run();
  return std::get<Reply>(std::move((*answer)->what));
}

void alter(test_node& node, resource_kind kind, std::string name, std::string key, std::optional<std::string> value) {
  auto operation = value ? config_operation::set : config_operation::remove;
  auto reply = ask<alter_configs_reply>(
      node, alter_configs{{{kind, std::move(name), {{std::move(key), operation, std::move(value)}}}}});
  CAF_REQUIRE(reply.resources.at(0).what.code == errc::none);
}

void alter_topic(test_node& node, std::string key, std::optional<std::string> value) {
  alter(node, resource_kind::topic, "t", std::move(key), std::move(value));
}

errc outcome(test_node& node, std::size_t size_bytes, std::int32_t partition = 0) {
  const std::string value(size_bytes, 'x');
  auto written = node.write("t", {{"key", value}}, partition);
  return written ? errc::none : written.error().code;
}

errc extend(test_node& node, std::int32_t total) {
  return ask<create_partitions_reply>(node, create_partitions{{{"t", total, std::nullopt}}}).topics.at(0).what.code;
}

} // namespace

CAF_TEST(a topics option holds for its partitions at once and after a crash) {
  test_node node;
  CAF_REQUIRE(node.create_topic("t", 2));
  CAF_CHECK(outcome(node, 5000) == errc::none);
  alter_topic(node, "max.message.bytes", "2000");
  CAF_CHECK(outcome(node, 5000) == errc::too_large);
  CAF_CHECK(outcome(node, 5000, 1) == errc::too_large);
  CAF_CHECK(outcome(node, 1000) == errc::none);
  node.crash();
  CAF_REQUIRE(node.start());
  CAF_CHECK(outcome(node, 5000) == errc::too_large);
  alter_topic(node, "max.message.bytes", std::nullopt);
  CAF_CHECK(outcome(node, 5000) == errc::none);
  CAF_CHECK_EQUAL(node.records("t").size(), 3u);
}

CAF_TEST(a brokers option holds for all topics that do not say otherwise) {
  test_node node;
  CAF_REQUIRE(node.create_topic("t"));
  CAF_REQUIRE(node.create_topic("other"));
  alter(node, resource_kind::broker, "", "message.max.bytes", "2000");
  CAF_CHECK(outcome(node, 5000) == errc::too_large);
  CAF_CHECK(!node.write("other", {{"k", std::string(5000, 'x')}}));
  alter_topic(node, "max.message.bytes", "9000");
  CAF_CHECK(outcome(node, 5000) == errc::none);
  CAF_CHECK(!node.write("other", {{"k", std::string(5000, 'x')}}));
  alter(node, resource_kind::broker, "1", "message.max.bytes", "10000");
  CAF_CHECK(node.write("other", {{"k", std::string(5000, 'x')}}));
  CAF_REQUIRE(node.stop());
  CAF_REQUIRE(node.start());
  CAF_CHECK(outcome(node, 9500) == errc::too_large);
  CAF_CHECK(node.write("other", {{"k", std::string(9500, 'x')}}));
  CAF_REQUIRE(node.create_topic("later"));
  CAF_CHECK(node.write("later", {{"k", std::string(9500, 'x')}}));
}

CAF_TEST(added partitions are served at once and after a power cut) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    test_node node{{.seed = seed}};
    CAF_REQUIRE(node.create_topic("t"));
    CAF_CHECK(outcome(node, 10, 2) == errc::unknown_topic_or_partition);
    CAF_CHECK(extend(node, 3) == errc::none);
    for (std::int32_t partition = 0; partition < 3; ++partition)
      CAF_CHECK(outcome(node, 10, partition) == errc::none);
    CAF_CHECK(extend(node, 3) == errc::invalid_partitions);
    node.power_cut();
    CAF_REQUIRE(node.start());
    CAF_CHECK(extend(node, 4) == errc::none);
    for (std::int32_t partition = 0; partition < 4; ++partition)
      CAF_CHECK(outcome(node, 10, partition) == errc::none);
    CAF_CHECK_EQUAL(node.records("t", 2).size(), 2u);
    CAF_CHECK_EQUAL(node.records("t", 3).size(), 1u);
  }
}
