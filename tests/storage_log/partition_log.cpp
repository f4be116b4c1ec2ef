#define CAF_SUITE partition_log
#include "caf/test/unit_test.hpp"

#include "tests/storage_log/partition_log_workshop.hpp"

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

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

CAF_TEST(replicas compare what readers do not see any more) {
  log_fixture f;
  f.append({.count = 3, .epoch = 2});
  f.append({.count = 3, .epoch = 4});
  f.flush();
  CAF_REQUIRE(f.log.delete_records_before(offset{5}, offset{6}));
  auto order = f.log.next_deletion(offset{6});
  CAF_REQUIRE(order);
  f.log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  CAF_CHECK(f.log.end_offset_for(leader_epoch{2}) == (epoch_end{leader_epoch{2}, offset{5}}));
  CAF_CHECK(f.log.end_in_history(leader_epoch{2}) == (epoch_end{leader_epoch{2}, offset{3}}));
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
