#define CAF_SUITE client_producer
#include "tests/client/fake_cluster.hpp"

#include "actors/client/producer.hpp"

#include <numeric>
#include <set>

using namespace troupe;
using namespace troupe::client;

namespace {

struct sender_box {
  std::vector<delivery> deliveries;
  std::size_t credit = 0;
  std::size_t reports = 0;

  std::size_t written() const {
    std::size_t sum = 0;
    for (auto& d : deliveries)
      sum += d.is_written() ? d.count : 0;
    return sum;
  }
  std::size_t reported() const {
    return std::accumulate(deliveries.begin(), deliveries.end(), std::size_t{0},
                           [](auto n, auto& d) { return n + d.count; });
  }
  errc only_error() const { return deliveries.empty() ? errc::none : deliveries.front().what.code; }
};

struct fixture : test_coordinator_fixture<> {
  fixture() : cluster(sys) {
    options.topic = "t";
  }

  ~fixture() {
    for (auto& one : started)
      anon_send_exit(one, caf::exit_reason::kill);
    run();
  }

  /// To the end of all that happens without time passing.
  void settle() { sched.run(); }

  void pass(std::int64_t ms) {
    for (std::int64_t i = 0; i < ms; i += 10) {
      sched.advance_time(std::chrono::milliseconds{std::min<std::int64_t>(10, ms - i)});
      settle();
    }
  }

  producer_actor start() {
    auto made = spawn_producer(sys, cluster.access(), options);
    CAF_REQUIRE(made.has_value());
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(*made));
    settle();
    return *made;
  }

  delivery_listener listener(std::shared_ptr<sender_box> box) {
    auto made = sys.spawn([box](delivery_listener::pointer) -> delivery_listener::behavior_type {
      return {[box](const delivery_report& report) {
        ++box->reports;
        box->credit += report.credit_bytes;
        box->deliveries.insert(box->deliveries.end(), report.deliveries.begin(), report.deliveries.end());
      }};
    });
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(made));
    return made;
  }

  /// One record each: first, first + 1, ...
  void send(const producer_actor& to, const delivery_listener& from, std::uint64_t first, std::uint64_t count,
            partition_id where = any_partition) {
    for (auto id = first; id < first + count; ++id) {
      auto record = make_record(std::to_string(id));
      record.partition = where;
      anon_send(to, send_records{id, {std::move(record)}, from});
    }
  }

  static std::vector<std::string> numbers(std::uint64_t first, std::uint64_t count) {
    std::vector<std::string> all;
    for (auto id = first; id < first + count; ++id)
      all.push_back(std::to_string(id));
    return all;
  }

  test::fake_cluster cluster;
  producer_options options;
  std::vector<caf::strong_actor_ptr> started;
  std::shared_ptr<sender_box> box = std::make_shared<sender_box>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(producer_tests, fixture)

CAF_TEST(a record is written and reported with its offset) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  anon_send(producer, send_records{7, {make_record("key", "value")}, me});
  settle();
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  auto& d = box->deliveries.front();
  CAF_CHECK(d.is_written());
  CAF_CHECK_EQUAL(d.first_id, 7u);
  CAF_CHECK_EQUAL(d.count, 1u);
  CAF_CHECK_EQUAL(d.partition.value(), 0);
  CAF_CHECK_EQUAL(d.base_offset.value(), 0);
  CAF_CHECK(d.timestamp.value() > 1'600'000'000'000);
  CAF_CHECK_EQUAL(cluster.log("t").values(), std::vector<std::string>{"value"});
}

CAF_TEST(many records in one message become one batch and one report) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  std::vector<new_record> records;
  for (int i = 0; i < 1000; ++i)
    records.push_back(make_record(std::to_string(i)));
  anon_send(producer, send_records{1, std::move(records), me});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 1u);
  CAF_CHECK_EQUAL(cluster.log("t").values(), numbers(0, 1000));
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  CAF_CHECK_EQUAL(box->deliveries.front().count, 1000u);
}

CAF_TEST(records gather while earlier batches are under way) {
  cluster.create("t", 1);
  auto producer = start();
  auto me = listener(box);
  cluster.log("t").holds = true;
  send(producer, me, 0, 1000);
  settle();
  // The first batch goes alone, because the partition does not know the producer.
  CAF_CHECK_EQUAL(cluster.log("t").appends, 1u);
  cluster.release("t");
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").values(), numbers(0, 1000));
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 2u);
  CAF_CHECK_EQUAL(box->written(), 1000u);
}

CAF_TEST(a batch lingers for others and no longer) {
  cluster.create("t", 1);
  options.linger_ms = 50;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 10);
  settle();
  pass(40);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  send(producer, me, 10, 10);
  settle();
  pass(10);
  CAF_CHECK_EQUAL(box->written(), 20u);
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 1u);
}

CAF_TEST(a full batch does not linger) {
  cluster.create("t", 1);
  options.linger_ms = 1000;
  options.batch_size_bytes = 10'000;
  auto producer = start();
  auto me = listener(box);
  std::string large(1000, 'x');
  for (std::uint64_t i = 0; i < 25; ++i)
    anon_send(producer, send_records{i, {make_record(large)}, me});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t").batches.size(), 2u);
  for (auto& batch : cluster.log("t").batches)
    CAF_CHECK(batch.size() <= options.batch_size_bytes);
  pass(1000);
  CAF_CHECK_EQUAL(box->written(), 25u);
}

CAF_TEST(every compression is understood by the partition) {
  for (auto type : {record::compression::gzip, record::compression::snappy, record::compression::lz4,
                    record::compression::zstd}) {
    auto name = std::string{"t-"} + std::string{record::name(type)};
    cluster.create(name, 1);
    options.topic = name;
    options.compression_type = type;
    if (type != record::compression::snappy)
      options.compression_level = 1;
    else
      options.compression_level.reset();
    auto producer = start();
    auto me = listener(box);
    std::vector<new_record> records;
    for (int i = 0; i < 500; ++i)
      records.push_back(make_record("the same again and again"));
    anon_send(producer, send_records{0, std::move(records), me});
    settle();
    auto& log = cluster.log(name);
    CAF_REQUIRE_EQUAL(log.batches.size(), 1u);
    CAF_CHECK(record::batch_view::parse(log.batches[0].view())->compression() == type);
    CAF_CHECK(log.batches[0].size() < 5000);
    CAF_CHECK_EQUAL(log.values().size(), 500u);
  }
}

CAF_TEST(keys choose the partition as in Kafka and explicit partitions are kept) {
  cluster.create("t", 5);
  auto producer = start();
  auto me = listener(box);
  // murmur2 of foobar and abc with its sign taken off, modulo 5.
  anon_send(producer, send_records{1, {make_record("foobar", "x"), make_record("abc", "y")}, me});
  send(producer, me, 10, 1, partition_id{4});
  settle();
  CAF_CHECK_EQUAL(cluster.log("t", (-790332482 & 0x7fffffff) % 5).values(), std::vector<std::string>{"x"});
  CAF_CHECK_EQUAL(cluster.log("t", (479470107 & 0x7fffffff) % 5).values(), std::vector<std::string>{"y"});
  CAF_CHECK_EQUAL(cluster.log("t", 4).values(), std::vector<std::string>{"10"});
}

CAF_TEST(records without a key stay together and spread over all partitions in time) {
  cluster.create("t", 4);
  auto producer = start();
  auto me = listener(box);
  for (std::uint64_t i = 0; i < 8; ++i) {
    std::vector<new_record> records{make_record("a"), make_record("b"), make_record("c")};
    anon_send(producer, send_records{i * 3, std::move(records), me});
    settle();
  }
  for (int p = 0; p < 4; ++p)
    CAF_CHECK_EQUAL(cluster.log("t", p).values().size(), 6u);
}

CAF_TEST(a partition that does not exist is an error at once) {
  cluster.create("t", 2);
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 3, 1, partition_id{2});
  settle();
  CAF_REQUIRE_EQUAL(box->deliveries.size(), 1u);
  CAF_CHECK(box->only_error() == errc::unknown_topic_or_partition);
  CAF_CHECK(!box->deliveries[0].may_be_written);
}

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
    records.push_back(make_record(std::string(100, 'x')));
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
  CAF_CHECK(box->deliveries.back().what.code == errc::too_large);
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

CAF_TEST(an unknown topic is an error after max_block_ms) {
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 3);
  settle();
  pass(4900);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  pass(200);
  CAF_CHECK_EQUAL(box->reported(), 3u);
  CAF_CHECK(box->only_error() == errc::unknown_topic_or_partition);
  CAF_CHECK(box->deliveries[0].what.detail.find("'t'") != std::string::npos);
  cluster.create("t", 1);
  send(producer, me, 3, 1);
  settle();
  CAF_CHECK_EQUAL(box->written(), 1u);
}

CAF_TEST(an unknown topic is created if that is wanted) {
  options.allow_auto_create_topics = true;
  options.auto_create_partitions = 3;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 3);
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->written(), 3u);
  cluster.log("t", 2);
}

CAF_TEST(producer ids are asked for until there is one) {
  cluster.create("t", 1);
  cluster.refuse_producer_ids = errc::busy;
  auto producer = start();
  auto me = listener(box);
  send(producer, me, 0, 3);
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->reported(), 0u);
  cluster.refuse_producer_ids = errc::none;
  pass(200);
  CAF_CHECK_EQUAL(box->written(), 3u);
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

CAF_TEST(options out of range are refused by name) {
  auto refused = [&](auto change, std::string_view name) {
    auto bad = options;
    change(bad);
    auto made = spawn_producer(sys, cluster.access(), bad);
    CAF_REQUIRE(!made.has_value());
    CAF_CHECK(made.error().code == errc::invalid_argument);
    CAF_CHECK(made.error().detail.find(name) == 0);
  };
  refused([](auto& o) { o.topic = ""; }, "topic");
  refused([](auto& o) { o.linger_ms = -1; }, "linger_ms");
  refused([](auto& o) { o.batch_size_bytes = 0; }, "batch_size_bytes");
  refused([](auto& o) { o.max_in_flight_requests_per_partition = 6; }, "max_in_flight");
  refused([](auto& o) { o.delivery_timeout_ms = 0; }, "delivery_timeout_ms");
  refused([](auto& o) { o.compression_level = 3; }, "compression_level");
  refused([](auto& o) { o.compression_type = record::compression::gzip, o.compression_level = 10; }, "compression_level");
  refused([](auto& o) { o.acks = static_cast<required_acks>(2); }, "acks");
  refused([](auto& o) { o.buffer_memory_bytes = 1; }, "buffer_memory_bytes");
  refused([](auto& o) { o.retry_backoff_max_ms = 1; }, "retry_backoff_max_ms");
}

CAF_TEST_FIXTURE_SCOPE_END()
