#define CAF_SUITE client_consumer
#include "tests/client/fake_cluster.hpp"

#include "actors/client/consumer.hpp"

#include <functional>
#include <set>
#include <stdexcept>

using namespace troupe;
using namespace troupe::client;

namespace {

/// What all handlers of one consumer got to see, and how they behave.
struct handler_box {
  std::vector<std::string> values;
  std::vector<std::int64_t> offsets;
  std::vector<partition_notice> notices;
  std::vector<handed_batch> unanswered;
  std::size_t batches = 0;
  std::size_t again = 0;
  int started = 0;
  bool answers = true;
  int throw_in = -1;       ///< so many batches from now
  bool answers_twice = false;
  bool keeps_values = true;

  std::size_t count(partition_notice::kind what) const {
    std::size_t n = 0;
    for (auto& notice : notices)
      n += notice.what == what;
    return n;
  }
};

using box_ptr = std::shared_ptr<handler_box>;

void take(handler_box& box, batch_handler::pointer self, const handed_batch& batch) {
  if (box.throw_in >= 0 && box.throw_in-- == 0)
    throw std::runtime_error("the handler has had enough");
  ++box.batches;
  box.again += batch.again;
  if (box.keeps_values)
    for (auto record : batch.records) {
      box.values.emplace_back(record.value.value_or("null"));
      box.offsets.push_back(record.offset.value());
    }
  if (!box.answers) {
    box.unanswered.push_back(batch);
    return;
  }
  self->send(batch.from, batch_done{batch.id});
  if (box.answers_twice)
    self->send(batch.from, batch_done{batch.id});
}

struct fixture : test_coordinator_fixture<> {
  fixture() : cluster(sys) { options.assignments = {{"t"}}; }

  ~fixture() {
    box->unanswered.clear();
    for (auto& one : started)
      anon_send_exit(one, caf::exit_reason::kill);
    run();
  }

  void settle() { sched.run(); }

  void pass(std::int64_t ms) {
    for (std::int64_t i = 0; i < ms; i += 10) {
      sched.advance_time(std::chrono::milliseconds{std::min<std::int64_t>(10, ms - i)});
      settle();
    }
  }

  handler_factory factory() {
    return [box = box, this](caf::actor_system& system) {
      ++box->started;
      auto made = system.spawn([box](batch_handler::pointer self) -> batch_handler::behavior_type {
        return {
            [box, self](const handed_batch& m) { take(*box, self, m); },
            [box](const partition_notice& m) { box->notices.push_back(m); },
        };
      });
      latest = made;
      return made;
    };
  }

  consumer_actor start() {
    auto made = spawn_consumer(sys, cluster.access(), options, factory());
    CAF_REQUIRE(made.has_value());
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(*made));
    settle();
    return *made;
  }

  std::vector<std::string> fill(std::uint64_t first, std::uint64_t count, int partition = 0, std::size_t per_batch = 10,
                                record::compression packed = record::compression::none) {
    std::vector<std::string> all;
    std::vector<std::string> some;
    for (auto i = first; i < first + count; ++i) {
      all.push_back(std::to_string(i));
      some.push_back(all.back());
      if (some.size() == per_batch || i + 1 == first + count) {
        auto timestamp = 1001 + static_cast<std::int64_t>(i - some.size());
        cluster.log("t", partition).append_direct(std::exchange(some, {}), packed, timestamp);
      }
    }
    return all;
  }

  partition_position position(const consumer_actor& of, int partition = 0) {
    partition_position got;
    auto request = self->request(of, caf::infinite, get_position{"t", partition_id{partition}});
    settle();
    request.receive([&](const partition_position& p) { got = p; }, [](caf::error&) { CAF_FAIL("no position"); });
    return got;
  }

  test::fake_cluster cluster;
  consumer_options options;
  std::vector<caf::strong_actor_ptr> started;
  box_ptr box = std::make_shared<handler_box>();
  batch_handler latest;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(consumer_tests, fixture)

CAF_TEST(everything is read in order and then the end is told once) {
  cluster.create("t", 1);
  auto all = fill(0, 1000);
  auto consumer = start();
  CAF_CHECK_EQUAL(box->values, all);
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::end_of_partition), 1u);
  auto more = fill(1000, 5);
  settle();
  all.insert(all.end(), more.begin(), more.end());
  CAF_CHECK_EQUAL(box->values, all);
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::end_of_partition), 2u);
  CAF_CHECK_EQUAL(box->notices.back().next.value(), 1005);
  auto where = position(consumer);
  CAF_CHECK_EQUAL(where.handed.value(), 1005);
  CAF_CHECK_EQUAL(where.answered.value(), 1005);
  CAF_CHECK_EQUAL(where.high_watermark.value(), 1005);
}

CAF_TEST(nothing is asked for again and again at the end) {
  cluster.create("t", 1);
  fill(0, 10);
  start();
  auto before = cluster.log("t").fetches;
  pass(25'000);
  CAF_CHECK_EQUAL(cluster.log("t").fetches, before);
}

CAF_TEST(reading begins where it is told to) {
  cluster.create("t", 1);
  fill(0, 100);
  auto begins_with = [&](start_point from, const std::string& first) {
    box = std::make_shared<handler_box>();
    options.assignments = {{"t", partition_id{0}, from}};
    auto consumer = start();
    auto got = box->values.empty() ? std::string{} : box->values.front();
    CAF_CHECK_EQUAL(got, first);
    anon_send_exit(consumer, caf::exit_reason::user_shutdown);
    settle();
  };
  begins_with(start_point::beginning(), "0");
  begins_with(start_point::at(offset{37}), "37"); // in the middle of a stored batch
  begins_with(start_point::at(timestamp_ms{1055}), "50");
  begins_with(start_point::at(timestamp_ms{99'999}), "");
  begins_with(start_point::end(), "");
}

CAF_TEST(compressed records are the same) {
  cluster.create("t", 1);
  std::vector<std::string> all;
  std::uint64_t first = 0;
  for (auto type : {record::compression::gzip, record::compression::snappy, record::compression::lz4,
                    record::compression::zstd, record::compression::none}) {
    auto some = fill(first, 50, 0, 25, type);
    all.insert(all.end(), some.begin(), some.end());
    first += 50;
  }
  options.assignments = {{"t", all_partitions, start_point::at(offset{0})}};
  start();
  CAF_CHECK_EQUAL(box->values, all);
}

CAF_TEST(records are views into what was fetched) {
  cluster.create("t", 1);
  fill(0, 10);
  box->answers = false;
  start();
  CAF_REQUIRE_EQUAL(box->unanswered.size(), 1u);
  auto stored = cluster.log("t").batches[0].view();
  for (auto record : box->unanswered[0].records) {
    CAF_CHECK(record.value->data() >= stored.data());
    CAF_CHECK(record.value->data() < stored.data() + stored.size());
  }
}

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
    if (++calls < 3)
      throw std::runtime_error("not yet");
    return good(system);
  });
  started.push_back(caf::actor_cast<caf::strong_actor_ptr>(*made));
  settle();
  pass(100);
  CAF_CHECK_EQUAL(calls, 3);
  CAF_CHECK_EQUAL(box->values, all);
}

CAF_TEST(partitions that die come back without loss or duplicates) {
  cluster.create("t", 2);
  std::uint64_t written = 0;
  start();
  random_source random{11};
  for (int death = 0; death < 100; ++death) {
    auto p = static_cast<int>(random.below(2));
    fill(written, 10, p);
    written += 10;
    cluster.log("t", p).drop = static_cast<int>(random.below(2));
    for (auto n = random.below(20); n > 0 && sched.has_job(); --n)
      sched.run_once();
    cluster.kill("t", p);
    if (random.one_in(2))
      settle();
    cluster.log("t", p).drop = 0;
    cluster.revive("t", p);
    settle();
  }
  pass(40'000);
  std::set<std::string> different(box->values.begin(), box->values.end());
  CAF_CHECK_EQUAL(different.size(), written);
  CAF_CHECK_EQUAL(box->values.size(), written);
  CAF_CHECK_EQUAL(box->started, 1);
}

CAF_TEST(errors that pass are waited for) {
  cluster.create("t", 1);
  auto all = fill(0, 10);
  cluster.log("t").refuse_fetch = {errc::not_leader, errc::io_error, errc::busy};
  start();
  CAF_CHECK(box->values.empty());
  pass(2000);
  CAF_CHECK_EQUAL(box->values, all);
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::stopped), 0u);
}

CAF_TEST(damage stops the partition and says so) {
  cluster.create("t", 1);
  fill(0, 20);
  auto& batch = cluster.log("t").batches[1];
  batch.mutable_data()[batch.size() - 3] ^= 1;
  auto consumer = start();
  CAF_CHECK(box->values.empty());
  CAF_REQUIRE_EQUAL(box->count(partition_notice::kind::stopped), 1u);
  CAF_CHECK(box->notices.back().why.code == errc::checksum_mismatch);
  CAF_CHECK_EQUAL(box->notices.back().from.value(), 0);
  pass(5000);
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::stopped), 1u);
  auto more = fill(20, 5);
  anon_send(consumer, seek_partition{"t", partition_id{0}, start_point::at(offset{20})});
  settle();
  CAF_CHECK_EQUAL(box->values, more);
}

CAF_TEST(what retention deleted is told by policy) {
  cluster.create("t", 2);
  for (int p = 0; p < 2; ++p) {
    fill(0, 50, p);
    cluster.log("t", p).start = offset{30};
    cluster.log("t", p).batches.erase(cluster.log("t", p).batches.begin(), cluster.log("t", p).batches.begin() + 3);
  }
  options.assignments = {{"t", partition_id{0}, start_point::at(offset{5})}};
  start();
  CAF_REQUIRE_EQUAL(box->count(partition_notice::kind::reset), 1u);
  CAF_CHECK_EQUAL(box->notices.front().from.value(), 5);
  CAF_CHECK_EQUAL(box->notices.front().next.value(), 30);
  CAF_CHECK_EQUAL(box->values.front(), "30");
  box = std::make_shared<handler_box>();
  options.assignments = {{"t", partition_id{1}, start_point::at(offset{5})}};
  options.auto_offset_reset = offset_reset::none;
  start();
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::stopped), 1u);
  CAF_CHECK(box->notices.front().why.code == errc::offset_out_of_range);
  CAF_CHECK(box->values.empty());
}

CAF_TEST(a gap in the offsets is told between the records) {
  cluster.create("t", 1);
  fill(0, 40);
  auto& log = cluster.log("t");
  log.batches.erase(log.batches.begin() + 1, log.batches.begin() + 3);
  start();
  CAF_REQUIRE_EQUAL(box->count(partition_notice::kind::gap), 1u);
  CAF_CHECK_EQUAL(box->notices.front().from.value(), 10);
  CAF_CHECK_EQUAL(box->notices.front().next.value(), 30);
  CAF_CHECK_EQUAL(box->values.size(), 20u);
  CAF_CHECK_EQUAL(box->values[10], "30");
}

CAF_TEST(pause holds back one partition and resume lets it go on) {
  cluster.create("t", 2);
  auto consumer = start();
  anon_send(consumer, pause_partition{"t", partition_id{0}});
  settle();
  fill(0, 10, 0);
  auto other = fill(100, 10, 1);
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->values, other);
  anon_send(consumer, resume_partition{"t", all_partitions});
  settle();
  CAF_CHECK_EQUAL(box->values.size(), 20u);
}

CAF_TEST(seek goes back and forth and what was before is not handed again) {
  cluster.create("t", 1);
  options.max_partition_fetch_bytes = 200;
  options.max_unanswered_batches = 2;
  fill(0, 100);
  box->answers = false;
  auto consumer = start();
  anon_send(consumer, seek_partition{"t", all_partitions, start_point::at(offset{90})});
  settle();
  box->answers = true;
  anon_send_exit(latest, caf::exit_reason::kill);
  settle();
  pass(100);
  CAF_CHECK_EQUAL(box->again, 0u);
  CAF_CHECK_EQUAL(box->values.back(), "99");
  CAF_CHECK_EQUAL(position(consumer).answered.value(), 100);
}

CAF_TEST(a topic that does not exist is waited for and new partitions are read whole) {
  auto consumer = start();
  CAF_CHECK(position(consumer).code == errc::unknown_topic_or_partition);
  options.assignments = {{"t", all_partitions, start_point::end()}};
  cluster.create("t", 1);
  auto all = fill(0, 10);
  settle();
  pass(200);
  CAF_CHECK_EQUAL(box->values, all);
}

CAF_TEST(fetch_min_bytes is waited for and no longer than fetch_max_wait_ms) {
  cluster.create("t", 1);
  options.fetch_min_bytes = 1000;
  auto all = fill(0, 3);
  start();
  pass(400);
  CAF_CHECK(box->values.empty());
  pass(200);
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

CAF_TEST(buffers stay bounded with many partitions) {
  cluster.create("t", 100);
  for (int p = 0; p < 100; ++p)
    fill(0, 100, p);
  options.max_partition_fetch_bytes = 1000;
  options.buffer_memory_bytes = 10'000;
  options.max_unanswered_batches = 1;
  box->answers = false;
  start();
  std::size_t fetches = 0;
  for (int p = 0; p < 100; ++p)
    fetches += cluster.log("t", p).fetches;
  CAF_CHECK(fetches <= 12);
  box->answers = true;
  anon_send(box->unanswered[0].from, batch_done{box->unanswered[0].id});
  settle();
  pass(1000);
  CAF_CHECK_EQUAL(box->values.size(), 10'000u);
}

CAF_TEST(options out of range are refused by name) {
  auto refused = [&](auto change, std::string_view name) {
    auto bad = options;
    change(bad);
    auto made = spawn_consumer(sys, cluster.access(), bad, factory());
    CAF_REQUIRE(!made.has_value());
    CAF_CHECK(made.error().detail.find(name) == 0);
  };
  refused([](auto& o) { o.assignments.clear(); }, "assignments");
  refused([](auto& o) { o.assignments[0].topic = ""; }, "assignments");
  refused([](auto& o) { o.assignments[0].partition = partition_id{-2}; }, "assignments");
  refused([](auto& o) { o.assignments[0].from = start_point::at(offset{-1}); }, "assignments");
  refused([](auto& o) { o.max_partition_fetch_bytes = 0; }, "max_partition_fetch_bytes");
  refused([](auto& o) { o.fetch_min_bytes = o.max_partition_fetch_bytes + 1; }, "fetch_min_bytes");
  refused([](auto& o) { o.max_unanswered_batches = 0; }, "max_unanswered_batches");
  refused([](auto& o) { o.max_poll_interval_ms = 0; }, "max_poll_interval_ms");
  refused([](auto& o) { o.restart_backoff_max_ms = 1; }, "restart_backoff_max_ms");
  auto made = spawn_consumer(sys, cluster.access(), options, {});
  CAF_CHECK(!made.has_value());
}

CAF_TEST(a batch for tests can be made of records) {
  auto made = make_batch("t", partition_id{3}, offset{17}, {make_record("k", "a"), make_record("b")});
  CAF_REQUIRE(made.has_value());
  CAF_CHECK_EQUAL(made->record_count(), 2u);
  CAF_CHECK_EQUAL(made->first_offset().value(), 17);
  CAF_CHECK_EQUAL(made->next_offset().value(), 19);
  auto record = made->begin();
  CAF_CHECK_EQUAL(*record->key, "k");
  ++record;
  CAF_CHECK_EQUAL(*record->value, "b");
  CAF_CHECK_EQUAL(record->offset.value(), 18);
  CAF_CHECK(!record->key.has_value());
  CAF_CHECK(++record == made->end());
  CAF_CHECK(record_batch{}.begin() == record_batch{}.end());
}

CAF_TEST_FIXTURE_SCOPE_END()
