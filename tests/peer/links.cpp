#define CAF_SUITE links

#include "tests/peer/peer_node.hpp"

#include "caf/test/unit_test.hpp"

#include <thread>

using namespace troupe;
using namespace troupe::peer;
using namespace std::chrono_literals;

namespace {

bool dials(peer_node& from, peer_node& to) {
  from.want({to.address()});
  return from.in().wait_for(to.id(), true) && to.in().wait_for(from.id(), true);
}

/// Connected and disconnected take turns, and begin with `first`.
bool takes_turns(const std::vector<peer_status>& statuses, bool first) {
  auto expected = first;
  auto was_refused = false;
  for (auto& one : statuses) {
    if (!one.connected && one.refused && !was_refused) { // says more of the same
      was_refused = true;
      continue;
    }
    if (one.connected != expected)
      return false;
    expected = !expected;
    was_refused = false;
  }
  return true;
}

peer_settings with_cluster(int node, std::string cluster_id) {
  auto settings = settings_of(node);
  settings.cluster_id = std::move(cluster_id);
  return settings;
}

} // namespace

CAF_TEST(both sides hear of the connection and of who is there) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dials(one, two));
  CAF_CHECK_EQUAL(one.in().statuses().back().incarnation.value(), 1002u);
  CAF_CHECK_EQUAL(two.in().statuses().back().incarnation.value(), 1001u);
  CAF_CHECK_EQUAL(one.counters(two.id()).connected.value(), 1);
  CAF_CHECK_EQUAL(two.counters(one.id()).connections.value(), 1u);
}

CAF_TEST(three nodes are each connected with the others) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  peer_node three{settings_of(3)};
  std::vector<peer_address> all{one.address(), two.address(), three.address()};
  for (auto* node : {&one, &two, &three})
    node->want(all); // itself among them
  for (auto* node : {&one, &two, &three})
    for (auto& other : all)
      if (other.node != node->id())
        CAF_CHECK(node->in().wait_for(other.node, true));
  one.send(three.id(), peer_service::raft, "to three");
  two.send(three.id(), peer_service::raft, "to three");
  CAF_CHECK(three.in().wait_for_messages(2));
}

CAF_TEST(a later subscriber is told of now) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dials(one, two));
  auto late = std::make_shared<inbox>();
  auto subscriber = one.system().spawn(record, late);
  caf::anon_send(one.gate(), peer_subscription{peer_service::controller, subscriber});
  CAF_CHECK(late->wait_for(two.id(), true));
  two.send(one.id(), peer_service::controller, "only for the controller");
  CAF_CHECK(late->wait_for_messages(1));
  CAF_CHECK(one.in().received().empty());
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
}

CAF_TEST(two that dial each other at once end in exactly one connection) {
  for (std::uint64_t round = 1; round <= 100; ++round) {
    peer_node one{settings_of(1, round)};
    peer_node two{settings_of(2, round)};
    one.want({two.address()});
    two.want({one.address()});
    CAF_REQUIRE(one.in().wait_for(two.id(), true));
    CAF_REQUIRE(two.in().wait_for(one.id(), true));
    one.send(two.id(), peer_service::raft, "a");
    two.send(one.id(), peer_service::raft, "b");
    CAF_REQUIRE(one.in().wait_for_messages(1));
    CAF_REQUIRE(two.in().wait_for_messages(1));
    CAF_REQUIRE_EQUAL(one.counters(two.id()).connections.value(), 1u);
    CAF_REQUIRE_EQUAL(two.counters(one.id()).connections.value(), 1u);
    CAF_REQUIRE(takes_turns(one.in().statuses(), true));
    CAF_REQUIRE(takes_turns(two.in().statuses(), true));
  }
}

CAF_TEST(nobody at the address is told as refused) {
  auto nowhere = [] {
    peer_node short_lived{settings_of(2)};
    return short_lived.address();
  }();
  peer_node one{settings_of(1)};
  one.want({nowhere});
  CAF_CHECK(one.in().wait_for(node_id{2}, false, true, 1s));
  std::this_thread::sleep_for(100ms);
  CAF_CHECK_EQUAL(one.in().statuses().size(), 1u); // once, not at every attempt
}

CAF_TEST(a node that ends is told and its next incarnation is connected again) {
  peer_node one{settings_of(1)};
  auto settings = settings_of(2);
  auto first = std::make_unique<peer_node>(settings);
  settings.port = first->port();
  CAF_REQUIRE(dials(one, *first));
  auto begin = std::chrono::steady_clock::now();
  first->kill();
  CAF_CHECK(one.in().wait_for(node_id{2}, false, true));
  CAF_CHECK(std::chrono::steady_clock::now() - begin < 100ms);
  first.reset();
  settings.incarnation = peer_incarnation{77};
  peer_node second{settings};
  CAF_REQUIRE_EQUAL(second.problem(), "");
  CAF_CHECK(one.in().wait_for(node_id{2}, true));
  auto statuses = one.in().statuses();
  CAF_CHECK(takes_turns(statuses, true));
  CAF_CHECK_EQUAL(statuses.front().incarnation.value(), 1002u);
  CAF_CHECK_EQUAL(statuses.back().incarnation.value(), 77u);
  one.send(second.id(), peer_service::raft, "again");
  CAF_CHECK(second.in().wait_for_messages(1));
}

CAF_TEST(a gate that dies can be started anew and says that its connections are gone) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dials(one, two));
  one.kill();
  CAF_CHECK(one.in().wait_for(two.id(), false));
  CAF_CHECK(two.in().wait_for(one.id(), false));
  one.start();
  CAF_CHECK(dials(one, two));
  CAF_CHECK(takes_turns(one.in().statuses(), true));
}

CAF_TEST(a peer that is not wanted any more is not dialed again) {
  peer_node one{settings_of(1)};
  auto settings = settings_of(2);
  auto first = std::make_unique<peer_node>(settings);
  settings.port = first->port();
  CAF_REQUIRE(dials(one, *first));
  one.want({});
  first.reset();
  CAF_CHECK(one.in().wait_for(node_id{2}, false));
  peer_node second{settings};
  std::this_thread::sleep_for(100ms);
  CAF_CHECK(second.in().statuses().empty());
  CAF_CHECK(dials(second, one)); // who dials in is welcome
}

CAF_TEST(what is sent to a node that is not connected is dropped and counted) {
  peer_node one{settings_of(1)};
  one.send(node_id{9}, peer_service::raft, "nobody");
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dials(one, two));
  CAF_CHECK_EQUAL(one.counters(node_id{9}).dropped_messages.value(), 1u);
}

CAF_TEST(a second process with the id of a node that is connected is refused) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  peer_node impostor{settings_of(2, 9)};
  CAF_REQUIRE(dials(two, one));
  impostor.want({one.address()});
  CAF_CHECK(impostor.in().wait_for_sentence(one.id(), "another process is connected as node 2"));
  CAF_CHECK(takes_turns(one.in().statuses(), true));
  CAF_CHECK_EQUAL(one.in().statuses().size(), 1u);
}

CAF_TEST(a process with the own id is refused) {
  peer_node one{settings_of(1)};
  peer_node other{settings_of(1, 9)};
  auto address = one.address();
  address.node = node_id{2};
  other.want({address});
  CAF_CHECK(other.in().wait_for_sentence(node_id{2}, "two processes run as node 1"));
}

CAF_TEST(a node that is reached under the address of another is refused) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  auto address = two.address();
  address.node = node_id{3};
  one.want({address});
  CAF_CHECK(one.in().wait_for_sentence(node_id{3}, "this is node 2, not node 3"));
  CAF_CHECK(two.in().statuses().empty());
}

CAF_TEST(nodes of two clusters refuse each other and a fresh node joins any) {
  peer_node one{with_cluster(1, "blue")};
  peer_node two{with_cluster(2, "red")};
  peer_node fresh{with_cluster(3, "")};
  two.want({one.address()});
  CAF_CHECK(two.in().wait_for_sentence(one.id(), "cluster blue"));
  CAF_CHECK(dials(fresh, one));
  CAF_CHECK(dials(two, fresh));
  caf::anon_send(fresh.gate(), cluster_known{"red"});
  CAF_CHECK(fresh.in().wait_for(one.id(), false));
  CAF_CHECK(one.in().wait_for(fresh.id(), false));
  CAF_CHECK_EQUAL(fresh.counters(two.id()).connected.value(), 1);
}

CAF_TEST(without TLS only loopback addresses are listened at and dialed) {
  auto settings = settings_of(1);
  settings.host = "0.0.0.0";
  peer_node open{settings};
  CAF_CHECK(open.problem().find("without TLS") != std::string::npos);
  peer_node one{settings_of(1)};
  one.want({{node_id{2}, "192.0.2.1", 9}});
  CAF_CHECK(one.in().wait_for_sentence(node_id{2}, "without TLS"));
}

CAF_TEST(an address that is taken or does not exist is said) {
  peer_node one{settings_of(1)};
  auto settings = settings_of(2);
  settings.port = one.port();
  peer_node two{settings};
  CAF_CHECK(two.problem().find("cannot listen for other nodes at 127.0.0.1:") != std::string::npos);
  settings.host = "no.such.host.invalid";
  peer_node three{settings};
  CAF_CHECK(three.problem().find("cannot find the host") != std::string::npos);
}

CAF_TEST(an actor system that is not made for it is refused) {
  caf::actor_system_config bare_config;
  caf::actor_system bare{bare_config};
  auto started = start_peers(bare, settings_of(1));
  CAF_REQUIRE(!started);
  CAF_CHECK(started.error().detail.find("caf::io::middleman") != std::string::npos);
  caf::actor_system_config half_config;
  half_config.load<caf::io::middleman>();
  caf::actor_system half{half_config};
  started = start_peers(half, settings_of(1));
  CAF_REQUIRE(!started);
  CAF_CHECK(started.error().detail.find("add_peer_messages") != std::string::npos);
}

CAF_TEST(names of hosts are looked up) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  one.want({{two.id(), "localhost", two.port()}});
  CAF_CHECK(one.in().wait_for(two.id(), true));
}
