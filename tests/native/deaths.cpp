#define CAF_SUITE deaths
#include "caf/test/unit_test.hpp"

#include "actors/testing/test_node.hpp"
#include "tests/native/load.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr int deaths = 100;

/// A node in virtual time with a producer and a consumer under load.
struct fixture {
  fixture() { CAF_REQUIRE(node.create_topic("load", test::load_partitions)); }

  void begin() {
    auto made = client::spawn_producer(node.system(), node.access(), test::producer_settings());
    CAF_REQUIRE(made);
    producer = *made;
    sender = node.system().spawn(test::sender, producer, facts, std::chrono::microseconds{1'000});
    consume();
  }

  void consume() {
    auto made = client::spawn_consumer(node.system(), node.access(), test::consumer_settings(*facts),
                                       [this](caf::actor_system& system) {
                                         client::batch_handler started = system.spawn(test::watcher, facts);
                                         handler = caf::actor_cast<caf::actor>(started);
                                         return started;
                                       });
    CAF_REQUIRE(made);
    consumer = *made;
  }

  /// Lets a random time pass; both sides must have got on.
  void live() {
    auto before = facts->seen();
    node.advance(std::chrono::milliseconds{1 + random.below(40)});
    auto got_on = node.run_until([&] { return facts->seen() > before; });
    CAF_REQUIRE_EQUAL(facts->trouble(), "");
    CAF_CHECK(facts->reported() > 0);
    CAF_REQUIRE(got_on);
  }

  void finish() {
    std::uint64_t sent = 0;
    caf::anon_send(node.system().spawn([&, to = sender](caf::event_based_actor* self) {
      self->request(caf::actor_cast<caf::actor>(to), caf::infinite, test::stop_sending{})
          .then([&](std::uint64_t n) { sent = n; });
    }),
                   0);
    CAF_CHECK(node.run_until([&] { return sent > 0; }));
    CAF_CHECK(node.run_until([&] { return facts->reported() >= sent || !facts->trouble().empty(); }));
    CAF_CHECK(node.run_until([&] { return facts->seen() >= sent || !facts->trouble().empty(); }));
    CAF_CHECK_EQUAL(facts->verdict(sent), "");
    CAF_CHECK(sent > 1'000);
    handler = nullptr;
    caf::anon_send_exit(consumer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(producer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(sender, caf::exit_reason::user_shutdown);
    node.run();
  }

  testing::test_node node{{.seed = 5}};
  random_source random{5};
  std::shared_ptr<test::load_facts> facts = std::make_shared<test::load_facts>();
  client::producer_actor producer;
  client::consumer_actor consumer;
  test::load_sender sender;
  caf::actor handler;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(deaths_tests, fixture)

CAF_TEST(nobody dies) {
  begin();
  for (int i = 0; i < deaths; ++i)
    live();
  finish();
}

CAF_TEST(the handler dies a hundred times) {
  begin();
  for (int i = 0; i < deaths; ++i) {
    live();
    caf::anon_send_exit(handler, caf::exit_reason::kill);
  }
  finish();
}

CAF_TEST(the consumer dies a hundred times and another one goes on where the results end) {
  begin();
  for (int i = 0; i < deaths; ++i) {
    live();
    caf::anon_send_exit(consumer, caf::exit_reason::kill); // takes its handler along
    node.run();
    consume();
  }
  finish();
}

CAF_TEST(a partition dies a hundred times) {
  begin();
  for (int i = 0; i < deaths; ++i) {
    live();
    node.kill_partition("load", static_cast<std::int32_t>(random.below(test::load_partitions)));
  }
  finish();
}

CAF_TEST(the node crashes and loses power and stops in order) {
  begin();
  for (int i = 0; i < deaths; ++i) {
    live();
    switch (random.below(3)) {
    case 0:
      node.crash();
      break;
    case 1:
      node.power_cut();
      break;
    default:
      CAF_REQUIRE(node.stop());
    }
    node.advance(std::chrono::milliseconds{random.below(3'000)});
    CAF_REQUIRE(node.start());
  }
  finish();
}

CAF_TEST_FIXTURE_SCOPE_END()
