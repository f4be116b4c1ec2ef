#define CAF_SUITE brokers
#include "caf/test/unit_test.hpp"

#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

struct quiet : controller_fixture {};

} // namespace

CAF_TEST_FIXTURE_SCOPE(broker_tests, quiet)

CAF_TEST(a broker is registered with where it is reached) {
  auto epoch = add_broker(1, "r1", true);
  auto* b = image().find_broker(node_id{1});
  CAF_REQUIRE(b != nullptr);
  CAF_CHECK(b->epoch == epoch && b->fenced && b->rack == "r1");
  CAF_CHECK_EQUAL(b->find_endpoint("kafka")->port, 9092);
  CAF_CHECK(b->find_endpoint("other") == nullptr);
}

CAF_TEST(a repeated registration changes nothing and a new incarnation gets a new epoch) {
  auto first = add_broker(1);
  CAF_CHECK(add_broker(1) == first);
  CAF_CHECK(last.empty());
  auto second = add_broker(1, std::nullopt, false, 2);
  CAF_CHECK(second > first);
  auto other = add_broker(2);
  CAF_CHECK(other > second);
}

CAF_TEST(bad registrations are refused) {
  auto code = [this](register_broker r) { return run<register_broker_reply>(r).what.code; };
  register_broker r;
  r.node = node_id{1};
  CAF_CHECK(code(r) == errc::invalid_request); // no endpoint
  r.endpoints = {{"a", "h", 1}, {"a", "h", 2}};
  CAF_CHECK(code(r) == errc::invalid_request);
  r.endpoints = {{"a", "", 1}};
  CAF_CHECK(code(r) == errc::invalid_request);
  r.endpoints = {{"a", std::string(256, 'h'), 1}};
  CAF_CHECK(code(r) == errc::invalid_request);
  r.endpoints = {{"a", "h", 1}};
  r.rack = std::string(256, 'r');
  CAF_CHECK(code(r) == errc::invalid_request);
  r.rack.reset();
  r.node = node_id{-1};
  CAF_CHECK(code(r) == errc::invalid_request);
  r.node = node_id{0};
  CAF_CHECK(code(r) == errc::none);
}

CAF_TEST(a lone broker that starts again leads again in a new epoch) {
  add_broker(1);
  create("t", 3);
  add_broker(1, std::nullopt, false, 2);
  for (auto& p : image().find_topic("t")->partitions) {
    CAF_CHECK_EQUAL(p.leader.value(), 1);
    CAF_CHECK_EQUAL(p.leader_epoch.value(), 1);
    CAF_CHECK(p.isr == nodes({1}));
  }
}

CAF_TEST(the last replica in sync stays in sync while it is away) {
  add_broker(1);
  create("t");
  add_broker(1, std::nullopt, true, 2);
  CAF_CHECK(first("t").leader == no_leader);
  CAF_CHECK(first("t").isr == nodes({1}));
  CAF_CHECK_EQUAL(first("t").leader_epoch.value(), 1);
  CAF_CHECK(unfence(1).code == errc::none);
  CAF_CHECK_EQUAL(first("t").leader.value(), 1);
  CAF_CHECK_EQUAL(first("t").leader_epoch.value(), 2);
}

CAF_TEST(a fenced leader is followed by the next replica in sync) {
  add_broker(1);
  add_broker(2);
  add_broker(3);
  spread("t", {1, 2, 3});
  CAF_CHECK(fence(1).code == errc::none);
  CAF_CHECK_EQUAL(first("t").leader.value(), 2);
  CAF_CHECK(first("t").isr == nodes({2, 3}));
  CAF_CHECK_EQUAL(first("t").leader_epoch.value(), 1);
  CAF_CHECK_EQUAL(first("t").partition_epoch.value(), 1);
  // It comes back as a follower that is not in sync.
  CAF_CHECK(unfence(1).code == errc::none);
  CAF_CHECK_EQUAL(first("t").leader.value(), 2);
  CAF_CHECK(first("t").isr == nodes({2, 3}));
}

CAF_TEST(a fenced follower leaves the set and the leader keeps its epoch) {
  add_broker(1);
  add_broker(2);
  spread("t", {1, 2});
  fence(2);
  CAF_CHECK_EQUAL(first("t").leader.value(), 1);
  CAF_CHECK(first("t").isr == nodes({1}));
  CAF_CHECK_EQUAL(first("t").leader_epoch.value(), 0);
  CAF_CHECK_EQUAL(first("t").partition_epoch.value(), 1);
}

CAF_TEST(a restarted leader loses what others can lead) {
  add_broker(1);
  add_broker(2);
  spread("t", {1, 2});
  add_broker(1, std::nullopt, false, 9); // it may have lost its disk
  CAF_CHECK_EQUAL(first("t").leader.value(), 2);
  CAF_CHECK(first("t").isr == nodes({2}));
}

CAF_TEST(only the current epoch of a known broker is fenced) {
  auto old = add_broker(1);
  add_broker(1, std::nullopt, false, 2);
  auto code = [this](int node, broker_epoch epoch) {
    return run<fencing_reply>(fence_broker{node_id{node}, epoch}).what.code;
  };
  CAF_CHECK(code(1, old) == errc::stale_broker_epoch);
  CAF_CHECK(code(2, epoch_of(1)) == errc::unknown_broker);
  CAF_CHECK(fence(1).code == errc::none);
  CAF_CHECK(!last.empty());
  CAF_CHECK(fence(1).code == errc::none);
  CAF_CHECK(last.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
