#define CAF_SUITE partition_log_flush
#include "caf/test/unit_test.hpp"

#include "tests/storage_log/partition_log_workshop.hpp"

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

CAF_TEST(only durable batches are flushed) {
  log_fixture f;
  f.append({}, false);
  CAF_CHECK(!f.log.next_flush(f.now, true));
  f.append({});
  f.append({}, false);
  auto order = f.flush();
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->batches.size(), 2u);
  CAF_CHECK_EQUAL(order->checkpoint.flushed_end.value(), 2);
  CAF_CHECK_EQUAL(f.log.flushed_end().value(), 2);
  CAF_CHECK_EQUAL(f.log.unflushed_bytes(), batch_bytes);
  CAF_CHECK_EQUAL(f.log.cached_bytes(), 2 * batch_bytes);
}

CAF_TEST(a flush is due by size or by age) {
  log_options options;
  options.flush_bytes = 3 * batch_bytes;
  options.flush_ms = 500;
  log_fixture f{options};
  f.append({});
  f.append({});
  CAF_CHECK(!f.flush(false));
  f.append({});
  CAF_CHECK(f.flush(false));
  f.append({});
  f.now = f.now + 499;
  CAF_CHECK(!f.flush(false));
  f.now = f.now + 1;
  CAF_CHECK(f.flush(false));
}

CAF_TEST(one order at a time and a failed one is given again) {
  log_fixture f;
  f.append({});
  auto first = f.log.next_flush(f.now, true);
  CAF_REQUIRE(first);
  CAF_CHECK(!f.log.next_flush(f.now, true));
  f.append({});
  f.log.on_flushed(fail(errc::no_space));
  CAF_CHECK_EQUAL(f.log.flushed_end().value(), 0);
  auto again = f.log.next_flush(f.now, true);
  CAF_REQUIRE(again);
  CAF_CHECK_EQUAL(again->batches.size(), 2u);
  CAF_CHECK_EQUAL(again->position, 0u);
  CAF_CHECK(again->creates_segment);
}

CAF_TEST(an order takes no more than its maximum but always one batch) {
  log_options options;
  options.flush_max_bytes = 2 * batch_bytes;
  log_fixture f{options};
  for (int i = 0; i < 3; ++i)
    f.append({});
  CAF_CHECK_EQUAL(f.flush()->batches.size(), 2u);
  CAF_CHECK_EQUAL(f.flush()->batches.size(), 1u);
  f.append({.payload_bytes = 1'000});
  CAF_CHECK_EQUAL(f.flush()->batches.size(), 1u);
}

CAF_TEST(segments roll by size and the finished one is named) {
  log_options options;
  options.segment_bytes = 3 * batch_bytes;
  log_fixture f{options};
  for (int i = 0; i < 7; ++i)
    f.append({});
  auto first = f.flush();
  CAF_CHECK_EQUAL(first->batches.size(), 3u);
  CAF_CHECK(!first->finished);
  auto second = f.flush();
  CAF_CHECK_EQUAL(second->segment_base.value(), 3);
  CAF_REQUIRE(second->finished);
  CAF_CHECK_EQUAL(second->finished->base.value(), 0);
  CAF_CHECK_EQUAL(second->finished->size_bytes, 3 * batch_bytes);
  f.flush();
  CAF_CHECK_EQUAL(f.log.segment_count(), 3u);
  f.append({});
  auto more = f.flush();
  CAF_CHECK_EQUAL(more->segment_base.value(), 6);
  CAF_CHECK_EQUAL(more->position, batch_bytes);
}

CAF_TEST(segments roll by time) {
  log_options options;
  options.segment_ms = 1'000;
  log_fixture f{options};
  f.append({.timestamp = 5'000});
  f.append({.timestamp = 6'000});
  f.append({.timestamp = 6'001});
  CAF_CHECK_EQUAL(f.flush()->batches.size(), 2u);
  CAF_CHECK_EQUAL(f.flush()->segment_base.value(), 2);
}

CAF_TEST(the index gets an entry per interval with the largest timestamp before it) {
  log_options options;
  options.index_interval_bytes = 2 * batch_bytes;
  log_fixture f{options};
  for (auto t : {500, 900, 300, 200, 100})
    f.append({.timestamp = t});
  auto order = f.flush();
  CAF_REQUIRE_EQUAL(order->index.size(), 3u);
  CAF_CHECK(order->index[0] == (index_entry{offset{0}, 0, no_timestamp}));
  CAF_CHECK(order->index[1] == (index_entry{offset{2}, 2 * batch_bytes, timestamp_ms{900}}));
  CAF_CHECK(order->index[2] == (index_entry{offset{4}, 4 * batch_bytes, timestamp_ms{900}}));
  f.append({});
  CAF_CHECK_EQUAL(f.flush()->index.size(), 0u);
  f.append({});
  CAF_CHECK_EQUAL(f.flush()->index.size(), 1u);
}

CAF_TEST(times are found in memory and ordered from segments) {
  log_options options;
  options.segment_bytes = 2 * batch_bytes;
  log_fixture f{options};
  for (auto t : {100, 300, 200, 250, 900})
    f.append({.timestamp = t});
  auto found = [&](std::int64_t t, std::int64_t from = 0) -> std::int64_t {
    auto plan = f.log.find_by_time(timestamp_ms{t}, offset{from}, everything);
    if (plan.segment)
      return 1'000 + plan.segment->segments[0].base.value();
    return plan.batch ? load_be<std::int64_t>(plan.batch->data()) : -1;
  };
  CAF_CHECK_EQUAL(found(0), 0);
  CAF_CHECK_EQUAL(found(101), 1);
  CAF_CHECK_EQUAL(found(300), 1);
  CAF_CHECK_EQUAL(found(301), 4);
  CAF_CHECK_EQUAL(found(150, 2), 2);
  CAF_CHECK_EQUAL(found(901), -1);
  while (f.flush()) {
  }
  f.log.evict(1'000'000);
  CAF_CHECK_EQUAL(found(0), 1'000);
  CAF_CHECK_EQUAL(found(301), 1'004);
  CAF_CHECK_EQUAL(found(210, 2), 1'002);
  CAF_CHECK_EQUAL(found(901), -1);
  CAF_CHECK(f.log.max_timestamp().known == (timestamp_position{timestamp_ms{900}, offset{4}}));
}

CAF_TEST(a checkpoint holds no epoch and no producer batch beyond what is flushed) {
  log_fixture f;
  f.append({.epoch = 1, .producer = 9, .producer_epoch = 0, .sequence = 0});
  f.append({.epoch = 2, .producer = 9, .producer_epoch = 0, .sequence = 1}, false);
  auto order = f.flush();
  CAF_REQUIRE(order);
  CAF_REQUIRE_EQUAL(order->checkpoint.epochs.size(), 1u);
  CAF_REQUIRE_EQUAL(order->checkpoint.producers.size(), 1u);
  CAF_CHECK_EQUAL(order->checkpoint.producers[0].batches.size(), 1u);
  // The duplicate of the one that is not durable yet is known all the same.
  auto duplicate = f.log.check_producer(facts({.base = 2, .producer = 9, .producer_epoch = 0, .sequence = 1}));
  CAF_REQUIRE(duplicate && *duplicate);
  CAF_CHECK_EQUAL((*duplicate)->base.value(), 1);
}
