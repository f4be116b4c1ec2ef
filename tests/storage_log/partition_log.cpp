#define CAF_SUITE partition_log
#include "caf/test/unit_test.hpp"

#include "runtime/storage/partition_log.hpp"
#include "tests/storage_log/log_workshop.hpp"

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

namespace {

constexpr offset everything{1'000'000};

struct log_fixture {
  explicit log_fixture(log_options options = {}) : log(log_partition(0), options, {}) {}

  void append(batch_plan plan, bool durable = true) {
    plan.base = log.log_end().value();
    auto made = make_batch(plan);
    log.append(made.data, made.facts, now);
    if (durable)
      log.mark_durable(log.log_end());
  }

  /// Flushes as if the flusher had done it at once.
  std::optional<flush_request> flush(bool force = true) {
    auto order = log.next_flush(now, force);
    if (order)
      log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
    return order;
  }

  /// Deletes as if the flusher had done it at once.
  void delete_before(std::int64_t before) {
    CAF_REQUIRE(log.delete_records_before(offset{before}, log.durable_end()));
    auto order = log.next_deletion(log.durable_end());
    CAF_REQUIRE(order);
    log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  }

  std::string bases(std::int64_t from, offset limit = everything, std::size_t max_bytes = 1'000'000,
                    bool at_least_one = true) {
    auto plan = log.read(offset{from}, limit, max_bytes, at_least_one);
    if (!plan)
      return std::string{name(plan.error().code)};
    if (plan->segment)
      return "segment " + std::to_string(plan->segment->segments.front().base.value());
    std::string text;
    for (auto& b : plan->batches) {
      if (!text.empty())
        text += ' ';
      text += std::to_string(load_be<std::int64_t>(b.data()));
    }
    return text;
  }

  partition_log log;
  timestamp_ms now{10'000};
};

/// The size of a batch with the payload of the plan's default.
constexpr std::size_t batch_bytes = 101;

} // namespace

CAF_TEST(a new log is empty) {
  log_fixture f;
  CAF_CHECK_EQUAL(f.log.log_start().value(), 0);
  CAF_CHECK_EQUAL(f.log.log_end().value(), 0);
  CAF_CHECK_EQUAL(f.bases(0), "");
  CAF_CHECK_EQUAL(f.bases(1), "offset_out_of_range");
  CAF_CHECK(!f.flush());
  CAF_CHECK(!f.log.expire(f.now, everything));
  auto nothing = f.log.max_timestamp();
  CAF_CHECK(!nothing.known && !nothing.cut_batch && !nothing.cut_segment);
}

CAF_TEST(a read begins with the batch that contains the offset) {
  log_fixture f;
  f.append({.count = 10});
  f.append({.count = 5});
  f.append({.count = 1});
  CAF_CHECK_EQUAL(f.bases(0), "0 10 15");
  CAF_CHECK_EQUAL(f.bases(7), "0 10 15");
  CAF_CHECK_EQUAL(f.bases(10), "10 15");
  CAF_CHECK_EQUAL(f.bases(14), "10 15");
  CAF_CHECK_EQUAL(f.bases(15), "15");
  CAF_CHECK_EQUAL(f.bases(16), "");
  CAF_CHECK_EQUAL(f.bases(17), "offset_out_of_range");
  CAF_CHECK_EQUAL(f.bases(-1), "offset_out_of_range");
}

CAF_TEST(a read stops at its limit and at its size) {
  log_fixture f;
  for (int i = 0; i < 4; ++i)
    f.append({.count = 10});
  CAF_CHECK_EQUAL(f.bases(0, offset{30}), "0 10 20");
  CAF_CHECK_EQUAL(f.bases(0, offset{29}), "0 10");
  CAF_CHECK_EQUAL(f.bases(0, offset{0}), "");
  CAF_CHECK_EQUAL(f.bases(0, everything, 2 * batch_bytes), "0 10");
  CAF_CHECK_EQUAL(f.bases(0, everything, 2 * batch_bytes - 1), "0");
  CAF_CHECK_EQUAL(f.bases(0, everything, 10), "0");
  CAF_CHECK_EQUAL(f.bases(0, everything, 10, false), "");
}

CAF_TEST(a gap leads to the next batch) {
  log_fixture f;
  f.append({.count = 2});
  auto behind = make_batch({.base = 9, .count = 2});
  f.log.append(behind.data, behind.facts, f.now);
  CAF_CHECK_EQUAL(f.bases(5), "9");
  CAF_CHECK_EQUAL(f.log.log_end().value(), 11);
}

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

CAF_TEST(evicted batches are read from segments and the rest from memory) {
  log_fixture f;
  for (int i = 0; i < 4; ++i)
    f.append({});
  f.flush();
  f.append({});
  CAF_CHECK_EQUAL(f.log.evict(1), batch_bytes);
  CAF_CHECK_EQUAL(f.bases(0), "segment 0");
  CAF_CHECK_EQUAL(f.bases(1), "1 2 3 4");
  CAF_CHECK_EQUAL(f.log.evict(1'000'000), 3 * batch_bytes);
  CAF_CHECK_EQUAL(f.log.evict(1), 0u);
  CAF_CHECK_EQUAL(f.bases(3), "segment 0");
  CAF_CHECK_EQUAL(f.bases(4), "4");
  auto plan = f.log.read(offset{3}, everything, 1, true);
  CAF_CHECK_EQUAL(plan->segment->limit.value(), 4);
  CAF_CHECK_EQUAL(plan->segment->segments[0].size_bytes, 4 * batch_bytes);
}

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

CAF_TEST(the largest timestamp is the first one of several) {
  log_fixture f;
  f.append({.timestamp = 5});
  f.append({.timestamp = 9});
  f.flush();
  f.append({.timestamp = 9});
  CAF_CHECK(f.log.max_timestamp().known == (timestamp_position{timestamp_ms{9}, offset{1}}));
  f.append({.timestamp = 10});
  CAF_CHECK(f.log.max_timestamp().known == (timestamp_position{timestamp_ms{10}, offset{3}}));
}

CAF_TEST(epochs come from the batches and from new leaders) {
  log_fixture f;
  f.append({.count = 3, .epoch = 2});
  f.log.start_epoch(leader_epoch{4});
  CAF_CHECK(f.log.end_offset_for(leader_epoch{2}) == (epoch_end{leader_epoch{2}, offset{3}}));
  CAF_CHECK(f.log.end_offset_for(leader_epoch{4}) == (epoch_end{leader_epoch{4}, offset{3}}));
  f.append({.count = 3, .epoch = 5});
  CAF_CHECK(f.log.end_offset_for(leader_epoch{4}) == (epoch_end{leader_epoch{2}, offset{3}}));
  CAF_CHECK_EQUAL(f.log.last_epoch().value(), 5);
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

CAF_TEST(a recovered log goes on where it was) {
  recovered_partition recovered;
  recovered.checkpoint.log_start = offset{5};
  recovered.checkpoint.flushed_end = offset{10};
  recovered.checkpoint.segments = {{offset{2}, 300, timestamp_ms{1}, {timestamp_ms{4}, offset{8}}}};
  recovered.checkpoint.epochs = {{leader_epoch{1}, offset{2}}};
  recovered.tail.push_back(make_batch({.base = 10, .count = 2, .epoch = 3}));
  partition_log log{log_partition(1), {}, std::move(recovered)};
  CAF_CHECK_EQUAL(log.log_start().value(), 5);
  CAF_CHECK_EQUAL(log.flushed_end().value(), 10);
  CAF_CHECK_EQUAL(log.durable_end().value(), 12);
  CAF_CHECK_EQUAL(log.log_end().value(), 12);
  CAF_CHECK_EQUAL(log.last_epoch().value(), 3);
  CAF_CHECK(log.read(offset{5}, everything, 1, true)->segment.has_value());
  CAF_CHECK_EQUAL(log.read(offset{10}, everything, 1, true)->batches.size(), 1u);
  auto order = log.next_flush(timestamp_ms{0}, false); // a recovered tail is due at once
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->position, 300u);
  CAF_CHECK_EQUAL(order->checkpoint.segments.back().size_bytes, 401u);
}
