#define CAF_SUITE test_node
#include "caf/test/unit_test.hpp"

#include "actors/testing/test_node.hpp"

#include <caf/all.hpp>

using namespace troupe;
using testing::test_node;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> values(test_node& node, const std::string& topic) {
  std::vector<std::string> found;
  for (auto& record : node.records(topic))
    found.push_back(record.value.value_or("(null)"));
  return found;
}

using strings = std::vector<std::string>;

} // namespace

CAF_TEST(what is written is read back with its offsets) {
  test_node node;
  CAF_REQUIRE(node.create_topic("orders", 2));
  CAF_CHECK_EQUAL(node.write("orders", {{"a", "1"}, {"b", "2"}}).value().value(), 0);
  CAF_CHECK_EQUAL(node.write("orders", {{"c", "3"}}).value().value(), 2);
  auto found = node.records("orders");
  CAF_REQUIRE_EQUAL(found.size(), 3u);
  CAF_CHECK_EQUAL(found[2].offset.value(), 2);
  CAF_CHECK_EQUAL(*found[2].key, "c");
  CAF_CHECK_EQUAL(*found[2].value, "3");
  CAF_CHECK(node.records("orders", 1).empty());
  CAF_CHECK(node.records("nothing").empty());
}

CAF_TEST(errors come as they come to any client) {
  test_node node;
  CAF_REQUIRE(node.create_topic("orders"));
  CAF_CHECK(node.create_topic("orders").error() == errc::topic_already_exists);
  CAF_CHECK(node.create_topic("no name").error() == errc::invalid_topic);
  CAF_CHECK(node.write("missing", {{"k", "v"}}).error() == errc::unknown_topic_or_partition);
  CAF_CHECK(node.write("orders", {{"k", "v"}}, 1).error() == errc::unknown_topic_or_partition);
  CAF_CHECK(node.start().error() == errc::in_use);
}

CAF_TEST(what was acknowledged is there after a crash and after a power cut) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    test_node node{{.seed = seed}};
    CAF_REQUIRE(node.create_topic("orders"));
    CAF_REQUIRE(node.write("orders", {{"a", "1"}}));
    node.crash();
    CAF_CHECK(!node.is_running());
    CAF_REQUIRE(node.start());
    CAF_REQUIRE(node.write("orders", {{"b", "2"}}));
    node.power_cut();
    CAF_REQUIRE(node.start());
    CAF_REQUIRE(node.write("orders", {{"c", "3"}}));
    CAF_REQUIRE(node.stop());
    CAF_REQUIRE(node.start());
    CAF_CHECK(values(node, "orders") == (strings{"1", "2", "3"}));
  }
}

CAF_TEST(a partition that dies comes back) {
  test_node node;
  CAF_REQUIRE(node.create_topic("orders"));
  CAF_REQUIRE(node.write("orders", {{"a", "1"}}));
  node.kill_partition("orders");
  CAF_CHECK(node.run_until([&] { return !node.records("orders").empty(); }, 10s));
  CAF_CHECK(node.write("orders", {{"b", "2"}}));
  CAF_CHECK(values(node, "orders") == (strings{"1", "2"}));
}

CAF_TEST(time passes only when it is told to) {
  test_node node;
  auto before = node.clock().wall().value();
  node.run();
  CAF_CHECK_EQUAL(node.clock().wall().value(), before);
  node.advance(2h);
  CAF_CHECK_EQUAL(node.clock().wall().value(), before + 7'200'000);
  CAF_CHECK(!node.run_until([] { return false; }, 3s));
  CAF_CHECK_EQUAL(node.clock().wall().value(), before + 7'203'000);
}

CAF_TEST(old records go when their time has come) {
  test_node node{{.node = {.log_retention_ms = 60'000, .log_roll_ms = 1'000}}};
  CAF_REQUIRE(node.create_topic("orders"));
  CAF_REQUIRE(node.write("orders", {{"a", "old"}}));
  node.advance(20min);
  CAF_REQUIRE(node.write("orders", {{"b", "new"}}));
  CAF_CHECK(values(node, "orders") == strings{"new"});
}

CAF_TEST(the same seed gives the same run) {
  auto run = [](std::uint64_t seed) {
    test_node node{{.seed = seed}};
    CAF_REQUIRE(node.create_topic("orders", 3));
    for (int i = 0; i < 30; ++i)
      CAF_REQUIRE(node.write("orders", {{"k", std::to_string(i)}}, i % 3));
    node.power_cut();
    CAF_REQUIRE(node.start());
    return std::pair{node.disk().trace(), node.clock().monotonic_ns()};
  };
  CAF_CHECK(run(3) == run(3));
  CAF_CHECK(run(3) != run(4));
}

CAF_TEST(a damaged disk is said in a sentence) {
  test_node node;
  CAF_REQUIRE(node.create_topic("orders"));
  node.crash();
  node.disk().fail_always("open", "data", errc::permission_denied);
  auto started = node.start();
  CAF_REQUIRE(!started);
  CAF_CHECK(!started.error().message().empty());
  node.disk().clear_failures();
  CAF_CHECK(node.start());
  CAF_CHECK(node.write("orders", {{"a", "1"}}));
}
