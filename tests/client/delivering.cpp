#define CAF_SUITE client_delivery
#include "tests/client/producer_workshop.hpp"

#include <set>

using namespace troupe;
using namespace troupe::client;

CAF_TEST_FIXTURE_SCOPE(client_delivery_tests, producer_workshop)

CAF_TEST(lost replies lead neither to loss nor to duplicates) {
  cluster.create("t", 1);
  options.request_timeout_ms = 1000;
  auto producer = start();
  auto me = listener(box);
  auto& log = cluster.log("t");
  for (std::uint64_t round = 0; round < 20; ++round) {
    send(producer, me, round * 10, 10);
    for (auto n = 0; n < 5; ++n)
      sched.run_once();
    log.lose_replies = static_cast<int>(round % 3);
    log.drop = static_cast<int>(round % 2);
    settle();
    if (round % 4 == 3)
      pass(3000);
  }
  pass(10'000);
  CAF_CHECK_EQUAL(box->written(), 200u);
  CAF_CHECK_EQUAL(log.values(), numbers(0, 200));
  CAF_CHECK(log.duplicates > 0);
}

CAF_TEST(passing errors keep the order) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  auto& log = cluster.log("t");
  send(producer, me, 0, 1);
  settle();
  log.holds = true;
  for (std::uint64_t i = 0; i < 5; ++i) {
    send(producer, me, 1 + i * 3, 3);
    settle();
  }
  CAF_CHECK_EQUAL(log.held.size(), 5u); // the window
  log.refuse = {errc::not_enough_replicas, errc::busy};
  cluster.release("t");
  settle();
  pass(2000);
  CAF_CHECK_EQUAL(log.values(), numbers(0, 16));
  CAF_CHECK_EQUAL(box->written(), 16u);
  // Reports come in the order of the offsets.
  std::int64_t next = 0;
  for (auto& d : box->deliveries) {
    CAF_CHECK_EQUAL(d.base_offset.value(), next);
    CAF_CHECK_EQUAL(static_cast<std::int64_t>(d.first_id), next);
    next += d.count;
  }
}

CAF_TEST(a partition that dies a hundred times under load loses and doubles nothing) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  random_source random{3};
  std::uint64_t sent = 0;
  for (int death = 0; death < 100; ++death) {
    auto& log = cluster.log("t");
    log.holds = random.one_in(2);
    log.lose_replies = static_cast<int>(random.below(3));
    send(producer, me, sent, 20);
    sent += 20;
    for (auto n = random.below(30); n > 0 && sched.has_job(); --n)
      sched.run_once();
    cluster.kill("t");
    if (random.one_in(2))
      settle();
    send(producer, me, sent, 5);
    sent += 5;
    log.holds = false;
    log.lose_replies = 0;
    cluster.revive("t");
    settle();
  }
  pass(40'000);
  CAF_CHECK_EQUAL(box->written(), sent);
  CAF_CHECK_EQUAL(cluster.log("t").values(), numbers(0, sent));
}

CAF_TEST(what was never answered may be written and what was never sent is not) {
  cluster.create("t", 1);
  options.delivery_timeout_ms = 5000;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 1);
  settle();
  cluster.log("t").holds = true;
  send(producer, me, 1, 1);
  settle();
  cluster.kill("t");
  settle();
  send(producer, me, 2, 1);
  settle();
  pass(5100);
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 3u);
  CAF_CHECK(box->deliveries[1].what.code == errc::timed_out);
  CAF_CHECK(box->deliveries[1].may_be_written);
  CAF_CHECK(box->deliveries[2].what.code == errc::timed_out);
  CAF_CHECK(!box->deliveries[2].may_be_written);
  // It goes on with a producer id of its own.
  cluster.revive("t");
  cluster.log("t").holds = false;
  send(producer, me, 3, 2);
  settle();
  pass(200);
  CAF_CHECK_EQUAL(box->written(), 3u);
  CAF_CHECK_EQUAL(cluster.producer_ids_given, 2);
  CAF_CHECK_EQUAL(cluster.log("t").values(), (std::vector<std::string>{"0", "3", "4"}));
}

CAF_TEST(a partition that answers nothing at all is given up in time) {
  cluster.create("t", 1);
  options.delivery_timeout_ms = 3000;
  options.request_timeout_ms = 1000;
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").drop = 1'000'000;
  send(producer, me, 0, 10);
  settle();
  pass(2990);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  CAF_CHECK(cluster.log("t").appends >= 2);
  pass(200);
  CAF_CHECK_EQUAL(box->reported(), 10u);
  CAF_CHECK(box->only_error() == errc::timed_out);
}

CAF_TEST(one bad record is named and the others of its batch say so) {
  cluster.create("t", 1);
  cluster.log("t").rules.compacted = true;
  auto producer = start();
  auto me = listener(box);
  std::vector<new_record> records{make_record("k", "a"), make_record("no key"), make_record("k", "c")};
  anon_send(producer, send_records{1, std::move(records), me});
  settle();
  CAF_CHECK_EQUAL(box->reported(), 3u);
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 3u);
  CAF_CHECK_EQUAL(box->deliveries[1].what.detail, "refused");
  CAF_CHECK(box->deliveries[0].what.detail.find("another record") != std::string::npos);
  CAF_CHECK(!box->deliveries[0].may_be_written);
  anon_send(producer, send_records{4, {make_record("k", "d")}, me});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").values(), std::vector<std::string>{"d"});
}

CAF_TEST(a batch that is too large for the topic is divided) {
  cluster.create("t", 1);
  cluster.log("t").rules.max_message_bytes = 2000;
  auto producer = start();
  auto me = listener(box);
  std::vector<new_record> records;
  for (int i = 0; i < 100; ++i)
    records.push_back(record_at(1'000 + i));
  records.push_back(make_record(std::string(3000, 'y')));
  anon_send(producer, send_records{0, std::move(records), me});
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->written(), 100u);
  CAF_CHECK_EQUAL(box->reported(), 101u);
  CAF_CHECK_EQUAL(cluster.log("t").values().size(), 100u);
  std::set<std::uint64_t> ids;
  for (auto& d : box->deliveries)
    for (std::uint32_t i = 0; i < d.count; ++i)
      CAF_CHECK(ids.insert(d.first_id + i).second);
  for (auto& d : box->deliveries)
    if (d.is_written())
      CAF_CHECK_EQUAL(d.timestamp.value(), 1'000 + static_cast<std::int64_t>(d.first_id));
  CAF_CHECK(box->deliveries.back().what.code == errc::too_large);
}

CAF_TEST(a topic that is made again with fewer partitions is written as it is now) {
  cluster.create("t", 3);
  auto producer = start();
  auto me = listener(box);
  for (auto p : {0, 1, 2})
    send(producer, me, static_cast<std::uint64_t>(p), 1, partition_id{p});
  settle();
  CAF_CHECK_EQUAL(box->written(), 3u);
  cluster.remove("t");
  for (auto p : {0, 1, 2})
    send(producer, me, static_cast<std::uint64_t>(10 + p), 1, partition_id{p});
  settle();
  CAF_CHECK_EQUAL(box->reported(), 3u);
  cluster.create("t", 1);
  settle();
  // What was meant for the others is not written, and that is said at once.
  CAF_CHECK_EQUAL(box->reported(), 6u);
  CAF_CHECK_EQUAL(box->written(), 4u);
  for (auto& one : box->deliveries)
    if (!one.is_written()) {
      CAF_CHECK(one.what.code == errc::unknown_topic_or_partition);
      CAF_CHECK(!one.may_be_written);
    }
  anon_send(producer, send_records{20, {make_record("foobar", "x"), make_record("abc", "y"), make_record("z")}, me});
  settle();
  CAF_CHECK_EQUAL(box->written(), 7u);
  CAF_CHECK_EQUAL(cluster.log("t").values(), (std::vector<std::string>{"10", "x", "y", "z"}));
  // And once more, with as many as there were.
  cluster.remove("t");
  cluster.create("t", 3);
  settle();
  for (auto p : {0, 1, 2})
    send(producer, me, static_cast<std::uint64_t>(30 + p), 1, partition_id{p});
  settle();
  CAF_CHECK_EQUAL(box->written(), 10u);
}

CAF_TEST(a partition that is made again need not know the producer) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 1);
  settle();
  cluster.log("t").holds = true;
  for (std::uint64_t i = 1; i < 5; ++i) {
    send(producer, me, i, 1);
    settle();
  }
  cluster.remove("t");
  cluster.create("t", 1);
  cluster.log("t").refuse = {errc::busy}; // the first one; those behind it must not pass it
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->written(), 5u);
  CAF_CHECK_EQUAL(cluster.log("t").values(), numbers(1, 4));
}

CAF_TEST(a record beyond max_request_size_bytes is refused alone) {
  cluster.create("t", 1);
  options.max_request_size_bytes = 1000;
  auto producer = start();
  auto me = listener(box);
  anon_send(producer, send_records{0, {make_record("a"), make_record(std::string(1000, 'x')), make_record("b")}, me});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").values(), (std::vector<std::string>{"a", "b"}));
  CAF_CHECK_EQUAL(box->reported(), 3u);
  CAF_CHECK(box->only_error() == errc::too_large);
}

CAF_TEST(without acknowledgement records are handed over and not sent again) {
  cluster.create("t", 1);
  options.acks = required_acks::none;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 3);
  settle();
  CAF_CHECK_EQUAL(box->written(), 3u);
  CAF_CHECK(box->deliveries[0].base_offset == no_offset);
  CAF_CHECK(!record::batch_view::parse(cluster.log("t").batches[0].view())->has_producer_id());
}

CAF_TEST_FIXTURE_SCOPE_END()
