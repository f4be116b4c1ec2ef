#define CAF_SUITE traffic

#include "runtime/base/limits.hpp"
#include "tests/peer/peer_node.hpp"

#include "caf/test/unit_test.hpp"

#include <future>
#include <thread>

using namespace troupe;
using namespace troupe::peer;
using namespace std::chrono_literals;

namespace {

bool dial_and_wait(peer_node& from, peer_node& to) {
  from.want({to.address()});
  return from.in().wait_for(to.id(), true) && to.in().wait_for(from.id(), true);
}

bytes body_of(std::size_t size, char with) {
  auto made = bytes::allocate(size);
  std::fill_n(made.mutable_data(), size, with);
  return made;
}

template <class Condition>
bool eventually(Condition holds, std::chrono::milliseconds limit = patience) {
  for (auto end = std::chrono::steady_clock::now() + limit; !holds(); std::this_thread::sleep_for(1ms))
    if (std::chrono::steady_clock::now() > end)
      return false;
  return true;
}

/// Reads nothing until it is let go.
peer_client::behavior_type hesitate(peer_client::pointer, std::shared_future<void> go, std::shared_ptr<inbox> to) {
  return {
      [go, to](const peer_received& m) {
        go.wait();
        to->add(m);
      },
      [](const peer_status&) {},
  };
}

} // namespace

CAF_TEST(messages arrive in order both ways at once) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dial_and_wait(one, two));
  for (int i = 0; i < 5000; ++i) {
    one.send(two.id(), peer_service::raft, "question " + std::to_string(i));
    two.send(one.id(), peer_service::raft, "answer " + std::to_string(i));
  }
  CAF_REQUIRE(two.in().wait_for_messages(5000));
  CAF_REQUIRE(one.in().wait_for_messages(5000));
  auto got = two.in().received();
  for (std::size_t i = 0; i < got.size(); ++i)
    CAF_REQUIRE_EQUAL(std::string{got[i].head.view()}, "question " + std::to_string(i));
  CAF_CHECK_EQUAL(got[0].from.value(), 1);
  CAF_CHECK_EQUAL(got[0].incarnation.value(), 1001u);
  CAF_CHECK_EQUAL(std::string{one.in().received().back().head.view()}, "answer 4999");
  CAF_CHECK_EQUAL(one.counters(two.id()).sent_messages.value(), 5000u);
  CAF_CHECK_EQUAL(one.counters(two.id()).received_messages.value(), 5000u);
  CAF_CHECK_EQUAL(one.counters(two.id()).received_bytes.value(), two.counters(one.id()).sent_bytes.value());
  CAF_CHECK(one.stop());
  CAF_CHECK(two.stop());
}

CAF_TEST(large bodies of several parts arrive in one piece) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dial_and_wait(one, two));
  for (std::size_t size : {0u, 1u, 131'072u, 131'073u, 9'000'000u})
    one.send(two.id(), peer_service::replication, "head", {body_of(size, 'a'), body_of(7, 'b'), body_of(size, 'c')});
  CAF_REQUIRE(two.in().wait_for_messages(5));
  auto got = two.in().received();
  for (std::size_t i = 0; i < 5; ++i)
    CAF_CHECK_EQUAL(std::string{got[i].head.view()}, "head");
  CAF_CHECK_EQUAL(got[0].body.size(), 7u);
  CAF_CHECK_EQUAL(got[4].body.size(), 18'000'007u);
  auto body = got[4].body.view();
  CAF_CHECK(body.substr(0, 9'000'000).find_first_not_of('a') == body.npos);
  CAF_CHECK_EQUAL(std::string{body.substr(9'000'000, 7)}, "bbbbbbb");
  CAF_CHECK(body.substr(9'000'007).find_first_not_of('c') == body.npos);
}

CAF_TEST(a receiver that does not read gets no more than the window and does not hold up others) {
  peer_node one{settings_of(1)};
  auto settings = settings_of(2);
  peer_node two{settings};
  CAF_REQUIRE(dial_and_wait(one, two));
  std::promise<void> go;
  auto slow = std::make_shared<inbox>();
  auto subscriber = two.system().spawn<caf::detached>(hesitate, go.get_future().share(), slow);
  caf::anon_send(two.gate(), peer_subscription{peer_service::replication, subscriber});
  auto body = body_of(100'000, 'a');
  for (int i = 0; i < 2000; ++i) // 200 MB, of which the queue takes 128 MiB
    one.send(two.id(), peer_service::replication, std::to_string(i), {body});
  one.send(two.id(), peer_service::raft, "urgent");
  CAF_CHECK(two.in().wait_for_messages(1, 1s));
  auto& sent = one.counters(two.id());
  auto& got = two.counters(one.id());
  CAF_CHECK(eventually([&] { return got.received_bytes.value() > 600'000; }, 1s));
  std::this_thread::sleep_for(50ms);
  CAF_CHECK(got.received_bytes.value() < limits::mib);
  CAF_CHECK(sent.sent_bytes.value() < limits::mib);
  CAF_CHECK(sent.queued_bytes.value() > 100'000'000);
  CAF_CHECK(sent.queued_bytes.value() <= 128 * 1024 * 1024);
  CAF_CHECK(sent.dropped_messages.value() > 500u);
  go.set_value();
  auto expected = 2000 - sent.dropped_messages.value();
  CAF_REQUIRE(slow->wait_for_messages(expected));
  auto all = slow->received(); // the newest were dropped, the others are in order
  for (std::size_t i = 0; i < all.size(); ++i)
    CAF_REQUIRE_EQUAL(std::string{all[i].head.view()}, std::to_string(i));
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
}

CAF_TEST(a subscriber that died costs its messages and nothing else) {
  peer_node one{settings_of(1)};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dial_and_wait(one, two));
  auto doomed = two.system().spawn(record, std::make_shared<inbox>());
  caf::anon_send(two.gate(), peer_subscription{peer_service::replication, doomed});
  caf::anon_send_exit(doomed, caf::exit_reason::kill);
  auto body = body_of(100'000, 'a');
  for (int i = 0; i < 100; ++i)
    one.send(two.id(), peer_service::replication, "lost", {body});
  CAF_CHECK(eventually([&] { return two.counters(one.id()).received_messages.value() == 100; }));
}

CAF_TEST(a stop lets arrive what is on its way) {
  peer_node two{settings_of(2)};
  {
    peer_node one{settings_of(1)};
    CAF_REQUIRE(dial_and_wait(one, two));
    for (int i = 0; i < 50; ++i)
      one.send(two.id(), peer_service::replication, "last words", {body_of(100'000, 'a')});
    CAF_CHECK(one.stop());
  }
  CAF_CHECK(two.in().wait_for_messages(50));
}

CAF_TEST(heartbeats measure the round trip) {
  auto settings = settings_of(1);
  settings.timeouts.heartbeat_ms = 10;
  peer_node one{settings};
  peer_node two{settings_of(2)};
  CAF_REQUIRE(dial_and_wait(one, two));
  CAF_CHECK(eventually([&] { return one.counters(two.id()).round_trips.values().total() >= 3; }));
}
