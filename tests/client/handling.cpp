#define CAF_SUITE client_handler
#include "tests/client/consumer_workshop.hpp"

#include <stdexcept>

using namespace troupe;
using namespace troupe::client;

CAF_TEST_FIXTURE_SCOPE(client_handler_tests, consumer_workshop)

CAF_TEST(no more is handed out than there is credit for) {
  cluster.create("t", 1);
  options.max_partition_fetch_bytes = 200;
  options.max_unanswered_batches = 3;
  auto all = fill(0, 200);
  box->answers = false;
  start();
  CAF_CHECK_EQUAL(box->unanswered.size(), 3u);
  auto fetches = cluster.log("t").fetches;
  CAF_CHECK(fetches <= 6u);
  for (int i = 0; i < 500 && !box->unanswered.empty(); ++i) {
    auto batch = box->unanswered.front();
    box->unanswered.erase(box->unanswered.begin());
    anon_send(batch.from, batch_done{batch.id});
    settle();
    CAF_CHECK(box->unanswered.size() <= 3);
  }
  CAF_CHECK_EQUAL(box->values, all);
}

CAF_TEST(bytes are credit too) {
  cluster.create("t", 1);
  options.max_partition_fetch_bytes = 200;
  options.max_unanswered_bytes = 1;
  fill(0, 200);
  box->answers = false;
  start();
  CAF_CHECK_EQUAL(box->unanswered.size(), 1u);
}

CAF_TEST(a handler that dies a hundred times handles everything in order) {
  cluster.create("t", 1);
  options.max_partition_fetch_bytes = 200;
  std::vector<std::string> all;
  auto consumer = start();
  random_source random{5};
  for (int death = 0; death < 100; ++death) {
    auto some = fill(all.size(), 20 + random.below(50));
    all.insert(all.end(), some.begin(), some.end());
    box->throw_in = static_cast<int>(random.below(4));
    for (auto n = random.below(60); n > 0 && sched.has_job(); --n)
      sched.run_once();
    if (random.one_in(2)) {
      anon_send_exit(latest, caf::exit_reason::kill);
      settle();
    }
    pass(20 + static_cast<std::int64_t>(random.below(100)));
  }
  box->throw_in = -1;
  pass(60'000);
  CAF_CHECK(box->started > 100);
  CAF_CHECK(box->again > 0);
  CAF_CHECK_EQUAL(position(consumer).answered.value(), static_cast<std::int64_t>(all.size()));
  // Each record at least once; without those that came again, in order and without a gap.
  std::int64_t next = 0;
  for (auto offset : box->offsets) {
    CAF_CHECK(offset <= next);
    next = std::max(next, offset + 1);
  }
  CAF_CHECK_EQUAL(next, static_cast<std::int64_t>(all.size()));
}

CAF_TEST(that a partition stopped or ended is told again when the handler dies of it) {
  cluster.create("t", 2);
  fill(0, 20, 0);
  fill(100, 20, 1);
  auto& batch = cluster.log("t", 0).batches[0];
  batch.mutable_data()[batch.size() - 3] ^= 1;
  for (auto nth : {0, 1}) {
    box = std::make_shared<handler_box>();
    box->throw_in_notice = nth;
    start();
    pass(100);
    CAF_CHECK_EQUAL(box->started, 2);
    CAF_CHECK(box->count(partition_notice::kind::stopped) >= 1);
    CAF_CHECK(box->count(partition_notice::kind::end_of_partition) >= 1);
  }
}

CAF_TEST(what was told between batches that have been answered is not told again) {
  cluster.create("t", 1);
  fill(0, 40);
  auto& log = cluster.log("t");
  log.batches.erase(log.batches.begin() + 1, log.batches.begin() + 3);
  start();
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::gap), 1u);
  anon_send_exit(latest, caf::exit_reason::kill);
  settle();
  pass(100);
  CAF_CHECK_EQUAL(box->started, 2);
  CAF_CHECK_EQUAL(box->again, 0u);
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::gap), 1u);
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::end_of_partition), 2u);
}

CAF_TEST(a consumer that is killed takes its handler along) {
  cluster.create("t", 1);
  auto consumer = start();
  self->monitor(latest);
  anon_send_exit(consumer, caf::exit_reason::kill);
  settle();
  bool has_ended = false;
  self->receive([&](const caf::down_msg&) { has_ended = true; }, caf::after(std::chrono::seconds{0}) >> [] {});
  CAF_CHECK(has_ended);
}

CAF_TEST(a handler that never answers is replaced) {
  cluster.create("t", 1);
  options.max_poll_interval_ms = 1000;
  fill(0, 10);
  box->answers = false;
  start();
  CAF_CHECK_EQUAL(box->started, 1);
  pass(900);
  CAF_CHECK_EQUAL(box->started, 1);
  box->answers = true;
  pass(300);
  CAF_CHECK_EQUAL(box->started, 2);
  CAF_CHECK_EQUAL(box->again, 1u);
  pass(5000);
  CAF_CHECK_EQUAL(box->started, 2);
}

CAF_TEST(the restarts of a handler that keeps dying become rarer) {
  cluster.create("t", 1);
  options.restart_backoff_max_ms = 1000;
  fill(0, 10);
  box->throw_in = 0;
  start();
  for (int i = 0; i < 1000; ++i) {
    box->throw_in = 0;
    pass(10);
  }
  // 10, 20, 40, ... 640 ms, and then one each second.
  CAF_CHECK(box->started >= 14);
  CAF_CHECK(box->started <= 18);
}

CAF_TEST(answers that are given twice do no harm) {
  cluster.create("t", 1);
  options.max_partition_fetch_bytes = 200;
  auto all = fill(0, 500);
  box->answers_twice = true;
  start();
  CAF_CHECK_EQUAL(box->values, all);
  CAF_CHECK_EQUAL(box->started, 1);
}

CAF_TEST(a factory that throws is asked again) {
  cluster.create("t", 1);
  auto all = fill(0, 10);
  int calls = 0;
  auto good = factory();
  auto made = spawn_consumer(sys, cluster.access(), options, [&](caf::actor_system& system) {
    if (++calls == 1)
      throw std::runtime_error("not yet");
    if (calls == 2)
      throw calls; // whatever it is
    return good(system);
  });
  started.push_back(caf::actor_cast<caf::strong_actor_ptr>(*made));
  settle();
  pass(100);
  CAF_CHECK_EQUAL(calls, 3);
  CAF_CHECK_EQUAL(box->values, all);
}

CAF_TEST(closing waits for the handler and ends it) {
  cluster.create("t", 1);
  fill(0, 10);
  box->answers = false;
  auto consumer = start();
  consumer_closed result;
  bool answered = false;
  auto request = self->request(consumer, caf::infinite, close_consumer{1000});
  settle();
  CAF_REQUIRE_EQUAL(box->unanswered.size(), 1u);
  anon_send(consumer, batch_done{box->unanswered[0].id});
  settle();
  request.receive([&](const consumer_closed& c) { answered = true, result = c; }, [](caf::error&) {});
  CAF_CHECK(answered);
  CAF_CHECK_EQUAL(result.unanswered, 0u);
}

CAF_TEST(closing ends after its time) {
  cluster.create("t", 1);
  fill(0, 10);
  box->answers = false;
  auto consumer = start();
  auto request = self->request(consumer, caf::infinite, close_consumer{500});
  settle();
  pass(600);
  std::uint64_t left = 0;
  request.receive([&](const consumer_closed& c) { left = c.unanswered; }, [](caf::error&) {});
  CAF_CHECK_EQUAL(left, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
