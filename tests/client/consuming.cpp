#define CAF_SUITE client_consumer
#include "tests/client/consumer_workshop.hpp"

#include <set>

using namespace troupe;
using namespace troupe::client;

CAF_TEST_FIXTURE_SCOPE(client_consumer_tests, consumer_workshop)

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

CAF_TEST(a negative offset or time stops the partition until somebody seeks) {
  cluster.create("t", 1);
  auto all = fill(0, 10);
  auto consumer = start();
  for (auto nowhere : {start_point::at(offset{-1}), start_point::at(timestamp_ms{-3})}) {
    auto asked = cluster.log("t").fetches;
    anon_send(consumer, seek_partition{"t", partition_id{0}, nowhere});
    settle();
    CAF_CHECK(box->notices.back().what == partition_notice::kind::stopped);
    CAF_CHECK(box->notices.back().why.code == errc::invalid_argument);
    CAF_CHECK_EQUAL(cluster.log("t").fetches, asked);
  }
  box->values.clear();
  anon_send(consumer, seek_partition{"t", partition_id{0}, start_point::at(offset{8})});
  settle();
  CAF_CHECK_EQUAL(box->values, (std::vector<std::string>{"8", "9"}));
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

CAF_TEST(a topic that is made again is read from its beginning) {
  cluster.create("t", 1);
  fill(0, 10);
  auto consumer = start();
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::end_of_partition), 1u);
  cluster.remove("t");
  cluster.create("t", 1);
  settle();
  CAF_REQUIRE_EQUAL(box->count(partition_notice::kind::reset), 1u);
  CAF_CHECK_EQUAL(box->notices[1].from.value(), 10);
  CAF_CHECK_EQUAL(box->notices[1].next.value(), 0);
  CAF_CHECK_EQUAL(box->count(partition_notice::kind::end_of_partition), 2u); // of this one
  box->values.clear();
  auto others = fill(100, 5);
  settle();
  CAF_CHECK_EQUAL(box->values, others);
  CAF_CHECK_EQUAL(position(consumer).answered.value(), 5);
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
