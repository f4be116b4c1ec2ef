// The load in real time, from its begin to its verdict.
#pragma once

#include "runtime/base/random.hpp"
#include "tests/native/load.hpp"

#include <chrono>
#include <thread>

#include "caf/test/unit_test.hpp"

namespace troupe::test {

struct load_run {
  void begin(caf::actor_system& where, const cluster_access& cluster) {
    auto options = producer_settings();
    options.allow_auto_create_topics = true;
    options.max_block_ms = 30'000;
    auto made = client::spawn_producer(where, cluster, options);
    CAF_REQUIRE(made);
    producer = *made;
    sender = where.spawn(test::sender, producer, facts, std::chrono::microseconds{200});
    auto reading =
        client::spawn_consumer(where, cluster, consumer_settings(*facts), [this](caf::actor_system& s) {
          return client::batch_handler{s.spawn(test::watcher, facts)};
        });
    CAF_REQUIRE(reading);
    consumer = *reading;
  }

  template <class F>
  bool wait_until(F&& done, std::chrono::milliseconds limit = std::chrono::seconds{60}) {
    for (auto end = std::chrono::steady_clock::now() + limit; !done();) {
      if (std::chrono::steady_clock::now() > end || !facts->trouble().empty())
        return done();
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
  }

  void live() {
    auto before = facts->seen();
    CAF_REQUIRE(wait_until([&] { return facts->seen() > before; }));
    std::this_thread::sleep_for(std::chrono::milliseconds{random.below(30)});
  }

  void finish(caf::actor_system& where) {
    std::uint64_t sent = 0;
    {
      caf::scoped_actor self{where};
      self->request(sender, caf::infinite, stop_sending{})
          .receive([&](std::uint64_t n) { sent = n; }, [](const caf::error&) {});
    }
    CAF_CHECK(wait_until([&] { return facts->reported() >= sent; }));
    CAF_CHECK(wait_until([&] { return facts->seen() >= sent; }));
    CAF_CHECK_EQUAL(facts->verdict(sent), "");
    CAF_CHECK(sent > 0);
    CAF_MESSAGE(sent << " records");
    caf::anon_send_exit(consumer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(producer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(sender, caf::exit_reason::user_shutdown);
    consumer = nullptr;
    producer = nullptr;
    sender = nullptr;
  }

  random_source random{7};
  std::shared_ptr<load_facts> facts = std::make_shared<load_facts>();
  client::producer_actor producer;
  client::consumer_actor consumer;
  load_sender sender;
};

} // namespace troupe::test
