#define CAF_SUITE control_link
#include "actors/remote/broker_peer.hpp"
#include "actors/remote/gateway.hpp"

#include "caf/test/dsl.hpp"

using namespace troupe;
using namespace std::chrono_literals;

// A node that is paused keeps its connections and says nothing: nobody may wait for it who could ask another
// one.

namespace {

/// What became of one connection.
struct seen_link {
  remote::link_settings settings;
  remote::link_handle link;
  std::vector<remote::call_ptr> calls; ///< a call that goes is answered with an error
  bool left = false;
};

struct fixture : test_coordinator_fixture<> {
  ~fixture() {
    anon_send_exit(gateway, caf::exit_reason::user_shutdown);
    for (auto& one : links)
      anon_send_exit(one->link, caf::exit_reason::user_shutdown);
    sched.run();
  }

  remote::link_handle open(remote::link_settings settings) {
    auto seen = std::make_shared<seen_link>();
    seen->settings = std::move(settings);
    seen->link = sys.spawn([seen](remote::link_handle::pointer) -> remote::link_handle::behavior_type {
      return {
          [seen](const remote::link_call& m) { seen->calls.push_back(m.call); },
          [](remote::link_close) {},
          [seen](remote::link_leave) { seen->left = true; },
      };
    });
    links.push_back(seen);
    return seen->link;
  }

  void start(std::vector<remote::server_address> servers) {
    remote::gateway_settings settings;
    settings.servers = std::move(servers);
    settings.open = [this](caf::actor_system&, remote::link_settings wanted) {
      return open(std::move(wanted));
    };
    gateway = sys.spawn(remote::gateway, std::move(settings));
    sched.run();
  }

  void connect(std::size_t which) {
    anon_send(gateway, remote::link_up{links.at(which)->link});
    sched.run();
  }

  void pass(std::chrono::milliseconds time) {
    for (auto left = time; left > 0ms; left -= 10ms)
      advance_time(10ms);
  }
  void advance_time(std::chrono::milliseconds time) {
    sched.advance_time(time);
    sched.run();
  }

  std::string server(std::size_t which) { return links.at(which)->settings.server.host; }

  std::vector<std::shared_ptr<seen_link>> links;
  remote::gateway_actor gateway;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(control_link_tests, fixture)

CAF_TEST(a node that owes its metadata for a second is left and another one is asked) {
  start({{"one", 1}, {"two", 1}, {"three", 1}});
  connect(0);
  CAF_REQUIRE_EQUAL(links.at(0)->calls.size(), 1u);
  pass(900ms);
  CAF_CHECK_EQUAL(links.size(), 1u);
  pass(200ms);
  CAF_REQUIRE_EQUAL(links.size(), 2u);
  CAF_CHECK(links[0]->left);
  CAF_CHECK_EQUAL(server(1), "two");
  connect(1);
  CAF_CHECK_EQUAL(links[1]->calls.size(), 1u); // asked at once
}

CAF_TEST(a node to which nothing connects is left and who is slow gets more time each time) {
  start({{"one", 1}, {"two", 1}});
  pass(1'100ms);
  CAF_REQUIRE_EQUAL(links.size(), 2u);
  CAF_CHECK_EQUAL(server(1), "two");
  pass(1'900ms);
  CAF_CHECK_EQUAL(links.size(), 2u);
  pass(300ms);
  CAF_REQUIRE_EQUAL(links.size(), 3u);
  CAF_CHECK_EQUAL(server(2), "one");
}

CAF_TEST(the only node there is is never left) {
  start({{"one", 1}});
  connect(0);
  pass(5s);
  CAF_CHECK_EQUAL(links.size(), 1u);
  CAF_CHECK(!links[0]->left);
}

CAF_TEST(a broker that owes an answer makes its peer ask who leads) {
  std::size_t asked = 0;
  auto owner = sys.spawn([&asked](remote::peer_owner::pointer) -> remote::peer_owner::behavior_type {
    return {[](const remote::peer_up&) {}, [](const remote::peer_trouble&) {},
            [&asked](remote::metadata_stale) { ++asked; }};
  });
  remote::peer_settings settings;
  settings.server = {"one", 1};
  settings.open = [this](caf::actor_system&, remote::link_settings wanted) {
    return open(std::move(wanted));
  };
  settings.owner = owner;
  auto peer = sys.spawn(remote::broker_peer, std::move(settings));
  sched.run();
  anon_send(caf::actor_cast<remote::peer_actor>(peer), remote::link_slow{links.at(0)->link});
  sched.run();
  CAF_CHECK_EQUAL(asked, 1u);
  anon_send_exit(peer, caf::exit_reason::user_shutdown);
  anon_send_exit(owner, caf::exit_reason::user_shutdown);
  sched.run();
}

CAF_TEST_FIXTURE_SCOPE_END()
