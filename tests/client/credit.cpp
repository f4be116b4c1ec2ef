#define CAF_SUITE client_credit
#include "tests/client/producer_workshop.hpp"

#include "actors/client/send_gate.hpp"

#include <malloc.h>

using namespace troupe;
using namespace troupe::client;

CAF_TEST_FIXTURE_SCOPE(client_credit_tests, producer_workshop)

CAF_TEST(a sender that ignores its credit is refused and memory stays bounded) {
  cluster.create("t", 1);
  options.buffer_memory_bytes = 400'000;
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").holds = true;
  std::string large(1000, 'x');
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    anon_send(producer, send_records{i, {make_record(large)}, me});
    if (i % 100 == 0)
      settle();
  }
  settle();
  CAF_CHECK(box->only_error() == errc::busy);
  auto accepted = 10'000 - box->reported();
  CAF_CHECK(accepted * 1000 <= options.buffer_memory_bytes / 4);
  CAF_CHECK(accepted * 1000 >= options.buffer_memory_bytes / 8);
  cluster.release("t");
  settle();
  pass(100);
  CAF_CHECK_EQUAL(box->written(), accepted);
  CAF_CHECK_EQUAL(box->reported(), 10'000u);
  CAF_CHECK_EQUAL(cluster.log("t").values().size(), accepted);
}

CAF_TEST(a million sends at once leave memory bounded and each is answered) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").holds = true;
  std::string value(200, 'x');
  auto before = ::mallinfo2().uordblks;
  for (std::uint64_t i = 0; i < 1'000'000; ++i)
    anon_send(producer, send_records{i, {make_record(value)}, me});
  CAF_CHECK_LESS(::mallinfo2().uordblks - before, options.buffer_memory_bytes);
  settle();
  CAF_CHECK_LESS(box->reports, 10u);
  auto refused = box->reported();
  CAF_CHECK(box->only_error() == errc::busy);
  cluster.release("t");
  settle();
  CAF_CHECK_EQUAL(box->written(), 1'000'000 - refused);
  CAF_CHECK(box->written() > 5'000);
  CAF_CHECK_EQUAL(cluster.log("t").values().size(), box->written());
}

CAF_TEST(refusals that cannot be named are counted) {
  cluster.create("t", 1);
  options.buffer_memory_bytes = 400'000;
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").holds = true;
  for (int i = 0; i < 100'000; ++i)
    anon_send(producer, send_records{7, {make_record("all have the same id")}, me});
  settle();
  cluster.release("t");
  settle();
  CAF_CHECK_EQUAL(box->deliveries.size() - box->written(), send_gate::refused_runs_max);
  CAF_CHECK_EQUAL(box->reported() + box->unnamed, 100'000u);
}

CAF_TEST(a sender that never reads its reports is not sent more and more of them) {
  cluster.create("t", 1);
  auto producer = start();
  auto listens = std::make_shared<bool>(false);
  auto me = deaf_listener(box, listens);
  anon_send(producer, join_sender{me});
  settle();
  auto nowhere = make_record("x");
  nowhere.partition = partition_id{5};
  std::uint64_t sent = 0;
  for (; sent < 20'000; ++sent) {
    anon_send(producer, send_records{2 * sent, {sent % 2 == 0 ? nowhere : make_record("y")}, me});
    sched.run(); // he puts each report aside
  }
  CAF_CHECK_EQUAL(box->reports, send_gate::unread_reports_max);
  *listens = true;
  anon_send(me, delivery_report{});
  pass(1000);
  CAF_CHECK_EQUAL(box->reported() + box->unnamed, sent);
  CAF_CHECK_EQUAL(box->written(), cluster.log("t").values().size());
  // Now he may send again.
  auto written = box->written();
  anon_send(producer, send_records{sent, {make_record("z")}, me});
  settle();
  CAF_CHECK_EQUAL(box->written(), written + 1);
}

CAF_TEST(what was refused is reported when the producer is ended) {
  cluster.create("t", 1);
  options.buffer_memory_bytes = 400'000;
  auto producer = start();
  auto me = listener(box);
  for (std::uint64_t i = 0; i < 1000; ++i)
    anon_send(producer, send_records{i, {make_record(std::string(1000, 'x'))}, me});
  anon_send_exit(producer, caf::exit_reason::user_shutdown);
  settle();
  CAF_CHECK_EQUAL(box->reported(), 1000u);
}

CAF_TEST(what comes behind the end of a producer is reported) {
  cluster.create("t", 1);
  for (auto closes : {true, false}) {
    box = std::make_shared<sender_box>();
    auto producer = start();
    auto me = listener(box);
    if (closes)
      anon_send(producer, close_producer{});
    else
      anon_send_exit(producer, caf::exit_reason::user_shutdown);
    send(producer, me, 0, 5);
    anon_send(producer, send_records{100, {make_record("a"), make_record("b")}, me});
    settle();
    CAF_CHECK_EQUAL(box->reported(), 7u);
    for (auto& one : box->deliveries) {
      CAF_CHECK(one.what.code == errc::shutting_down);
      CAF_CHECK(!one.may_be_written);
    }
    // Later it is as with any actor that has ended: whoever monitors it knows.
    send(producer, me, 10, 5);
    settle();
    CAF_CHECK_EQUAL(box->reported(), 7u);
  }
}

CAF_TEST(a message that many are sent is not moved from) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  auto shared = caf::make_message(send_records{0, {make_record("one")}, me});
  for (int i = 0; i < 3; ++i)
    anon_send(caf::actor_cast<caf::actor>(producer), shared);
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").values(), (std::vector<std::string>{"one", "one", "one"}));
}

CAF_TEST(credit is given out shared and given back) {
  cluster.create("t", 1);
  options.buffer_memory_bytes = 400'000;
  auto producer = start();
  auto me = listener(box);
  anon_send(producer, join_sender{me});
  settle();
  CAF_CHECK_EQUAL(box->credit, 300'000u);
  auto cost = credit_cost_bytes(make_record(std::string(1000, 'x')));
  std::size_t spent = 0;
  cluster.log("t").holds = true;
  std::uint64_t id = 0;
  for (; spent + cost <= box->credit; spent += cost, ++id)
    anon_send(producer, send_records{id, {make_record(std::string(1000, 'x'))}, me});
  settle();
  CAF_CHECK_EQUAL(box->reported(), 0u);
  // Another one joins: he gets his half once it is free.
  auto other = std::make_shared<sender_box>();
  anon_send(producer, join_sender{listener(other)});
  settle();
  cluster.release("t");
  settle();
  pass(100);
  CAF_CHECK_EQUAL(box->written(), id);
  CAF_CHECK_EQUAL(other->credit, 150'000u);
  CAF_CHECK_EQUAL(box->credit - spent, 150'000u);
}

CAF_TEST(a flush is answered when all before it is reported) {
  cluster.create("t", 1);
  options.linger_ms = 60'000;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 10);
  settle();
  CAF_CHECK_EQUAL(box->reported(), 0u);
  bool flushed = false;
  self->request(producer, caf::infinite, flush_producer{});
  settle();
  self->receive([&](producer_flushed) { flushed = true; }, caf::after(std::chrono::seconds{0}) >> [] {});
  CAF_CHECK_EQUAL(box->written(), 10u);
}

CAF_TEST(closing writes what is there and refuses what comes later) {
  cluster.create("t", 1);
  options.linger_ms = 60'000;
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").holds = true;
  send(producer, me, 0, 10);
  anon_send(producer, close_producer{});
  send(producer, me, 10, 5);
  settle();
  cluster.release("t");
  settle();
  CAF_CHECK_EQUAL(box->written(), 10u);
  CAF_CHECK_EQUAL(box->reported(), 15u);
  CAF_CHECK(box->only_error() == errc::shutting_down);
}

CAF_TEST(closing ends after its time and says what may be written) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").holds = true;
  send(producer, me, 0, 10);
  settle();
  anon_send(producer, close_producer{500});
  settle();
  pass(600);
  CAF_CHECK_EQUAL(box->reported(), 10u);
  CAF_CHECK(box->deliveries.front().may_be_written);
  CAF_CHECK(!box->deliveries.back().may_be_written);
}

CAF_TEST(a producer that is closed without its topic sets no alarms in vain) {
  options.topic = "no topic?";
  options.allow_auto_create_topics = true;
  auto producer = start();
  send(producer, listener(box), 0, 1);
  settle();
  anon_send(producer, close_producer{});
  settle();
  pass(1500);
  std::size_t alarms = 0;
  for (int i = 0; i < 100; ++i) {
    alarms += sched.advance_time(std::chrono::milliseconds{1});
    settle();
  }
  CAF_CHECK(alarms <= 1);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  pass(5000);
  CAF_CHECK_EQUAL(box->reported(), 1u);
}

CAF_TEST(a sender of nothing is not kept) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  started.pop_back();
  auto kept = caf::actor_cast<caf::weak_actor_ptr>(me);
  anon_send(producer, send_records{1, {}, me});
  anon_send_exit(me, caf::exit_reason::user_shutdown);
  me = nullptr;
  settle();
  CAF_CHECK(kept.lock() == nullptr);
}

CAF_TEST(a producer that ends is not remembered by its senders) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  auto kept = caf::actor_cast<caf::weak_actor_ptr>(producer);
  auto before = kept->weak_refs.load();
  anon_send(producer, join_sender{me});
  settle();
  CAF_CHECK_EQUAL(kept->weak_refs.load(), before + 1);
  anon_send(producer, close_producer{});
  settle();
  CAF_CHECK_EQUAL(kept->weak_refs.load(), before);
}

CAF_TEST_FIXTURE_SCOPE_END()
