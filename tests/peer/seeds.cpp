#define CAF_SUITE seeds

#include "tests/peer/peer_node.hpp"

#include "caf/test/unit_test.hpp"

#include <cstdint>
#include <thread>

using namespace troupe;
using namespace troupe::peer;
using namespace std::chrono_literals;

namespace {

seed_address seed_of(const peer_node& node) { return {"127.0.0.1", node.port()}; }

/// Where nobody listens any more.
std::uint16_t dead_port() {
  peer_node short_lived{settings_of(9)};
  return short_lived.port();
}

peer_settings with_cluster(int node, std::string cluster_id) {
  auto settings = settings_of(node);
  settings.cluster_id = std::move(cluster_id);
  return settings;
}

} // namespace

CAF_TEST(a node is connected with whoever answers at a seed) {
  peer_node one{settings_of(1)};
  peer_node four{settings_of(4)};
  four.want({}, {{"127.0.0.1", dead_port()}, {"localhost", one.port()}});
  CAF_CHECK(four.in().wait_for(one.id(), true));
  CAF_CHECK(one.in().wait_for(four.id(), true));
  four.want({});
  four.send(one.id(), peer_service::raft, "hello");
  CAF_CHECK(one.in().wait_for_messages(1));
  CAF_CHECK_EQUAL(four.counters(one.id()).connections.value(), 1u);
}

CAF_TEST(a seed that is started later is found) {
  auto settings = settings_of(1);
  settings.port = dead_port();
  peer_node four{settings_of(4)};
  four.want({}, {{"127.0.0.1", settings.port}});
  std::this_thread::sleep_for(100ms);
  peer_node one{settings};
  CAF_REQUIRE_EQUAL(one.problem(), "");
  CAF_CHECK(four.in().wait_for(one.id(), true));
}

CAF_TEST(a seed that dials back at the same time is one connection) {
  for (std::uint64_t round = 1; round <= 30; ++round) {
    peer_node one{settings_of(1, round)};
    peer_node four{settings_of(4, round)};
    four.want({}, {seed_of(one)});
    one.want({four.address()});
    CAF_REQUIRE(four.in().wait_for(one.id(), true));
    CAF_REQUIRE(one.in().wait_for(four.id(), true));
    one.send(four.id(), peer_service::raft, "a");
    CAF_REQUIRE(four.in().wait_for_messages(1));
    CAF_REQUIRE_EQUAL(one.counters(four.id()).connections.value(), 1u);
  }
}

CAF_TEST(a seed of another cluster and one with the same id turn a node away for good) {
  peer_node blue{with_cluster(1, "blue")};
  peer_node same{with_cluster(4, "red")};
  auto settings = with_cluster(4, "red");
  settings.incarnation = peer_incarnation{99};
  peer_node four{settings};
  four.want({}, {seed_of(blue), seed_of(same)});
  std::string verdict;
  for (auto waited = 0ms; waited < patience && verdict.empty(); waited += 10ms) {
    std::this_thread::sleep_for(10ms);
    verdict = four.welcome().verdict(2, 0, INT64_MAX / 2);
  }
  CAF_CHECK(verdict.starts_with("2 of 2 other nodes refuse this one"));
  CAF_CHECK(verdict.find("two processes run as node 4") != std::string::npos);
  CAF_CHECK(four.in().statuses().empty());
}

CAF_TEST(a node that moved is found at the other of its addresses) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  one.want({{two.id(), "127.0.0.1", dead_port()}, two.address()});
  CAF_CHECK(one.in().wait_for(two.id(), true));
  CAF_CHECK_EQUAL(one.in().statuses().size(), 1u); // it was not taken for dead in between
}

CAF_TEST(a node is dead when nobody listens at any of its addresses) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  peer_node three{settings_of(3)};
  auto elsewhere = three.address();
  elsewhere.node = two.id();
  one.want({elsewhere, {two.id(), "127.0.0.1", dead_port()}});
  CAF_CHECK(one.in().wait_for(two.id(), false, false));
  one.want({{two.id(), "127.0.0.1", dead_port()}, {two.id(), "127.0.0.1", dead_port()}});
  CAF_CHECK(one.in().wait_for(two.id(), false, true));
}
