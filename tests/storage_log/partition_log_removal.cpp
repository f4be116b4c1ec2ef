#define CAF_SUITE partition_log_removal
#include "caf/test/unit_test.hpp"

#include "tests/storage_log/partition_log_workshop.hpp"

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

CAF_TEST(retention by time removes whole segments but not what is newer) {
  log_options options;
  options.segment_bytes = batch_bytes;
  options.retention_ms = 1'000;
  log_fixture f{options};
  for (auto t : {1'000, 2'000, 1'500})
    f.append({.timestamp = t});
  while (f.flush()) {
  }
  CAF_CHECK(!f.log.expire(timestamp_ms{2'000}, everything));
  auto order = f.log.expire(timestamp_ms{2'001}, everything);
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->removed.size(), 1u);
  CAF_CHECK_EQUAL(order->checkpoint.log_start.value(), 1);
  CAF_CHECK(order->moves_log_start);
  CAF_CHECK_EQUAL(f.log.log_start().value(), 0); // a crash may still bring it back
  CAF_CHECK_EQUAL(f.bases(0), "0 1 2");
  f.log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  CAF_CHECK_EQUAL(f.log.log_start().value(), 1);
  CAF_CHECK_EQUAL(f.bases(0), "offset_out_of_range");
  // The third is old enough at 2501, but the second is in front of it.
  CAF_CHECK(!f.log.expire(timestamp_ms{2'600}, everything));
}

CAF_TEST(retention never reaches above the high watermark) {
  log_options options;
  options.segment_bytes = batch_bytes;
  options.retention_ms = 0;
  log_fixture f{options};
  for (int i = 0; i < 3; ++i)
    f.append({});
  while (f.flush()) {
  }
  auto order = f.log.expire(f.now, offset{2});
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->removed.size(), 2u);
  CAF_CHECK_EQUAL(order->checkpoint.log_start.value(), 2);
}

CAF_TEST(when all is expired an empty segment keeps the end of the log) {
  log_options options;
  options.retention_ms = 0;
  log_fixture f{options};
  f.append({.count = 7});
  CAF_CHECK(!f.log.expire(f.now, everything)); // not flushed yet
  f.flush();
  auto order = f.log.expire(f.now, everything);
  CAF_REQUIRE(order);
  CAF_CHECK(order->creates_segment);
  CAF_CHECK_EQUAL(order->segment_base.value(), 7);
  CAF_CHECK_EQUAL(order->removed.front().value(), 0);
  f.log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  CAF_CHECK_EQUAL(f.log.log_start().value(), 7);
  CAF_CHECK_EQUAL(f.log.size_bytes(), 0u);
  CAF_CHECK(!f.log.expire(f.now, everything));
  f.append({});
  auto next = f.flush();
  CAF_CHECK_EQUAL(next->segment_base.value(), 7);
  CAF_CHECK_EQUAL(f.bases(7), "7");
}

CAF_TEST(retention by size keeps at least that much) {
  log_options options;
  options.segment_bytes = batch_bytes;
  options.retention_bytes = 2 * batch_bytes;
  options.retention_ms = -1;
  log_fixture f{options};
  for (int i = 0; i < 5; ++i)
    f.append({});
  while (f.flush()) {
  }
  auto order = f.log.expire(f.now, everything);
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->removed.size(), 3u);
  f.log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  CAF_CHECK_EQUAL(f.log.size_bytes(), 2 * batch_bytes);
}

CAF_TEST(a failed removal leaves all as it was and is ordered again) {
  log_options options;
  options.segment_bytes = batch_bytes;
  options.retention_ms = 5'000;
  log_fixture f{options};
  f.append({.timestamp = 1'000});
  f.append({.timestamp = 9'000});
  while (f.flush()) {
  }
  auto order = f.log.expire(f.now, everything);
  CAF_REQUIRE(order);
  f.log.on_flushed(fail(errc::io_error));
  CAF_CHECK_EQUAL(f.log.log_start().value(), 0);
  f.append({.timestamp = 9'500});
  auto flush = f.flush();
  CAF_REQUIRE(flush);
  CAF_CHECK(flush->removed.empty() && !flush->moves_log_start);
  CAF_CHECK_EQUAL(flush->checkpoint.log_start.value(), 0);
  order = f.log.expire(f.now, everything);
  CAF_REQUIRE(order);
  CAF_REQUIRE_EQUAL(order->removed.size(), 1u);
  CAF_CHECK_EQUAL(order->checkpoint.log_start.value(), 1);
}

CAF_TEST(deleted records are gone with their segments once that is durable) {
  log_options options;
  options.segment_bytes = 2 * batch_bytes;
  log_fixture f{options};
  for (int i = 0; i < 5; ++i)
    f.append({});
  while (f.flush()) {
  }
  CAF_CHECK(f.log.delete_records_before(offset{6}, everything).error() == errc::offset_out_of_range);
  CAF_CHECK(f.log.delete_records_before(offset{4}, offset{3}).error() == errc::offset_out_of_range);
  CAF_CHECK(!f.log.next_deletion(offset{5}));
  CAF_CHECK(f.log.delete_records_before(offset{3}, offset{5}));
  CAF_CHECK(f.log.delete_records_before(offset{1}, offset{5}));
  auto order = f.log.next_deletion(offset{5});
  CAF_REQUIRE(order);
  CAF_CHECK(order->moves_log_start);
  CAF_CHECK_EQUAL(order->removed.size(), 1u);
  CAF_CHECK_EQUAL(order->checkpoint.log_start.value(), 3);
  CAF_CHECK_EQUAL(f.bases(2), "2 3 4");
  f.log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  CAF_CHECK_EQUAL(f.log.log_start().value(), 3);
  CAF_CHECK_EQUAL(f.bases(2), "offset_out_of_range");
  CAF_CHECK_EQUAL(f.bases(3), "3 4");
  CAF_CHECK(!f.log.next_deletion(offset{5}));
  CAF_CHECK(!f.log.expire(timestamp_ms{0}, everything));
}

CAF_TEST(a deletion waits for the order before it) {
  log_fixture f;
  f.append({});
  auto flush = f.log.next_flush(f.now, true);
  f.append({});
  CAF_CHECK(f.log.delete_records_before(offset{2}, offset{2}));
  CAF_CHECK(!f.log.next_deletion(offset{2}));
  f.log.on_flushed(flush_result{flush->partition, flush->checkpoint.flushed_end});
  CAF_CHECK_EQUAL(f.log.log_start().value(), 0);
  auto order = f.log.next_deletion(offset{2});
  CAF_REQUIRE(order);
  // Above what is flushed: the batch is in the journal, and goes to its segment all the same.
  CAF_CHECK_EQUAL(order->checkpoint.log_start.value(), 2);
  CAF_CHECK_EQUAL(order->checkpoint.flushed_end.value(), 1);
  CAF_CHECK(order->removed.empty());
  f.log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  CAF_CHECK_EQUAL(f.log.log_start().value(), 2);
  CAF_CHECK_EQUAL(f.flush()->checkpoint.log_start.value(), 2);
}

CAF_TEST(a deletion that failed is ordered again with what was asked for since) {
  log_fixture f;
  for (int i = 0; i < 4; ++i)
    f.append({});
  f.flush();
  CAF_CHECK(f.log.delete_records_before(offset{2}, offset{4}));
  CAF_REQUIRE(f.log.next_deletion(offset{4}));
  CAF_CHECK(f.log.delete_records_before(offset{3}, offset{4}));
  f.log.on_flushed(fail(errc::no_space));
  CAF_CHECK_EQUAL(f.log.log_start().value(), 0);
  CAF_CHECK_EQUAL(f.log.next_deletion(offset{4})->checkpoint.log_start.value(), 3);
  f.log.on_flushed(fail(errc::no_space));
  f.log.forget_deletions();
  CAF_CHECK(!f.log.next_deletion(offset{4}));
}

CAF_TEST(when all is deleted nothing has a timestamp and what comes then has) {
  log_fixture f;
  f.append({.timestamp = 900});
  f.append({.timestamp = 800});
  f.flush();
  f.delete_before(2);
  auto plan = f.log.max_timestamp();
  CAF_CHECK(!plan.known && !plan.cut_batch && !plan.cut_segment);
  f.append({.timestamp = 5});
  CAF_CHECK(f.log.max_timestamp().known == (timestamp_position{timestamp_ms{5}, offset{2}}));
}

CAF_TEST(a segment that lost its largest timestamp is to be searched) {
  log_fixture f;
  for (auto t : {900, 100, 300, 200})
    f.append({.timestamp = t});
  f.flush();
  f.delete_before(1);
  auto plan = f.log.max_timestamp();
  CAF_CHECK(!plan.known && !plan.cut_batch);
  CAF_REQUIRE(plan.cut_segment);
  CAF_CHECK_EQUAL(plan.cut_segment->from.value(), 1);
  CAF_CHECK_EQUAL(plan.cut_segment->limit.value(), 4);
  f.append({.timestamp = 250});
  plan = f.log.max_timestamp();
  CAF_CHECK(plan.cut_segment);
  CAF_CHECK(plan.known == (timestamp_position{timestamp_ms{250}, offset{4}}));
}

CAF_TEST(a batch in memory that lost its first records is to be looked into) {
  log_fixture f;
  f.append({.count = 10, .timestamp = 900});
  f.append({.timestamp = 100});
  f.delete_before(4);
  auto plan = f.log.max_timestamp();
  CAF_REQUIRE(plan.cut_batch);
  CAF_CHECK_EQUAL(load_be<std::int64_t>(plan.cut_batch->data()), 0);
  CAF_CHECK(plan.known == (timestamp_position{timestamp_ms{100}, offset{10}}));
}

CAF_TEST(a deletion within one segment is made durable too) {
  log_fixture f;
  for (int i = 0; i < 3; ++i)
    f.append({});
  f.flush();
  CAF_CHECK(f.log.delete_records_before(offset{2}, offset{3}));
  auto order = f.log.expire(timestamp_ms{0}, everything);
  CAF_REQUIRE(order);
  CAF_CHECK(order->removed.empty() && order->batches.empty() && !order->creates_segment);
  CAF_CHECK_EQUAL(order->checkpoint.log_start.value(), 2);
}
