#define CAF_SUITE monitors
#include "actors/remote/broker_peer.hpp"
#include "actors/remote/gateway.hpp"

#include "caf/test/dsl.hpp"

using namespace troupe;

// Whoever monitors stays in memory as long as the one that is monitored: those who come and go must say that they are done.

namespace {

/// Connections that are there, and never answer.
remote::link_handle silent_link(caf::actor_system& system, const remote::link_settings& settings) {
  auto made = system.spawn([](remote::link_handle::pointer self) -> remote::link_handle::behavior_type {
    auto kept = std::make_shared<std::vector<remote::call_ptr>>(); // a call that goes is answered with an error
    return {
        [kept](const remote::link_call& m) { kept->push_back(m.call); },
        [self](remote::link_close) { self->quit(); },
        [self](remote::link_leave) { self->quit(); },
    };
  });
  caf::anon_send(settings.owner, remote::link_up{made});
  return made;
}

using anybody = partition_client::extend<caf::reacts_to<view_update>, caf::reacts_to<remote::peer_up>,
                                         caf::reacts_to<remote::peer_trouble>, caf::reacts_to<remote::metadata_stale>>;

anybody::behavior_type deaf(anybody::pointer) {
  return {
      [](const append_reply&) {},
      [](const fetch_reply&) {},
      [](const fetch_wakeup&) {},
      [](const list_offset_reply&) {},
      [](const epoch_end_reply&) {},
      [](const view_update&) {},
      [](const remote::peer_up&) {},
      [](const remote::peer_trouble&) {},
      [](remote::metadata_stale) {},
  };
}

struct fixture : test_coordinator_fixture<> {
  fixture() : friend_of_all(sys.spawn(deaf)) {}
  ~fixture() {
    anon_send_exit(friend_of_all, caf::exit_reason::user_shutdown);
    sched.run();
  }

  /// Nobody but the test remembers it.
  static bool is_forgotten(const caf::weak_actor_ptr& who) { return !who.lock() && who->weak_refs == 1; }

  anybody friend_of_all;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(monitors_tests, fixture)

CAF_TEST(a broker peer that ends is not remembered by its readers) {
  auto peer = sys.spawn(remote::broker_peer, remote::peer_settings{{"somewhere", 1}, {}, 0, silent_link, friend_of_all});
  auto kept = caf::actor_cast<caf::weak_actor_ptr>(peer);
  sched.run();
  fetch_request request;
  request.wake_below_bytes = 1;
  request.reply_to = friend_of_all;
  auto partition = std::make_shared<const remote::partition_name>(remote::partition_name{"t", {}, 0});
  fetch_reply nothing;
  nothing.high_watermark = offset{0};
  anon_send(peer, remote::proxied_reply{partition, request, nothing}); // from now on the reader waits
  sched.run();
  anon_send_exit(peer, caf::exit_reason::user_shutdown);
  peer = nullptr;
  request = {};
  sched.run();
  CAF_CHECK(is_forgotten(kept));
}

CAF_TEST(a gateway that ends is not remembered by those who watch) {
  remote::gateway_settings settings;
  settings.servers = {{"somewhere", 1}};
  settings.open = silent_link;
  auto made = sys.spawn(remote::gateway, std::move(settings));
  auto kept = caf::actor_cast<caf::weak_actor_ptr>(made);
  anon_send(made, view_subscription{friend_of_all});
  sched.run();
  anon_send_exit(made, caf::exit_reason::user_shutdown);
  made = nullptr;
  sched.run();
  while (sched.has_pending_timeout()) { // alarms keep those whom they are for
    sched.trigger_timeouts();
    sched.run();
  }
  CAF_CHECK(is_forgotten(kept));
}

CAF_TEST_FIXTURE_SCOPE_END()
