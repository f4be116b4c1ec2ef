#define CAF_SUITE partition_log_cut
#include "caf/test/unit_test.hpp"

#include "tests/storage_log/partition_log_workshop.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Ten batches of two records, in two epochs: 0 up to 10, 3 from there on; those below `flushed` are in segments.
struct cut_fixture : log_fixture {
  explicit cut_fixture(int flushed = 0) {
    log.settle(offset{4});
    for (int i = 0; i < 10; ++i) {
      append({.count = 2, .epoch = i < 5 ? 0 : 3, .producer = 9, .producer_epoch = 0, .sequence = 2 * i});
      if (2 * i + 2 == flushed)
        flush();
    }
  }

  bool knows(int sequence) {
    auto known = log.check_producer(facts({.base = sequence, .count = 2, .epoch = 0, .producer = 9, .producer_epoch = 0,
                                           .sequence = sequence}));
    return known && *known && (*known)->base == offset{sequence};
  }
};

} // namespace

CAF_TEST(what is in memory is cut at once) {
  cut_fixture f;
  CAF_CHECK(!f.log.truncate(offset{12}));
  CAF_CHECK_EQUAL(f.log.log_end().value(), 12);
  CAF_CHECK_EQUAL(f.log.durable_end().value(), 12);
  CAF_CHECK_EQUAL(f.log.last_record_epoch().value(), 3);
  CAF_CHECK_EQUAL(f.bases(8), "8 10");
  CAF_CHECK(!f.log.truncate(offset{9})); // in a batch: all of it goes
  CAF_CHECK_EQUAL(f.log.log_end().value(), 8);
  CAF_CHECK_EQUAL(f.log.last_epoch().value(), 0);
  CAF_CHECK_EQUAL(f.log.last_record_epoch().value(), 0);
  CAF_CHECK_EQUAL(f.log.unflushed_bytes(), 4 * batch_bytes);
  f.append({.epoch = 4});
  CAF_CHECK_EQUAL(f.bases(6), "6 8");
  CAF_CHECK_EQUAL(f.log.epoch_at(offset{8}).value(), 4);
  CAF_CHECK(!f.log.truncate(offset{0}));
  CAF_CHECK_EQUAL(f.log.log_end().value(), 0);
  CAF_CHECK_EQUAL(f.log.last_record_epoch().value(), -1);
  CAF_CHECK_EQUAL(f.log.unflushed_bytes(), 0u);
}

CAF_TEST(producers are remembered as if the rest had never been) {
  cut_fixture f;
  CAF_CHECK(f.knows(18));
  f.log.truncate(offset{6});
  CAF_CHECK(!f.knows(6));
  CAF_CHECK(f.knows(4)); // above what is settled, and one of those below
  CAF_CHECK(f.knows(0));
  auto next = f.log.check_producer(facts({.base = 6, .count = 1, .producer = 9, .producer_epoch = 0, .sequence = 6}));
  CAF_CHECK(next && !*next);
  f.log.truncate(offset{0});
  CAF_CHECK_EQUAL(f.log.producers().size(), 0u);
}

CAF_TEST(what is not settled is not flushed unless it must be) {
  cut_fixture f;
  auto order = f.flush(false);
  CAF_CHECK(!order);
  f.now = timestamp_ms{1'000'000};
  order = f.flush(false);
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->checkpoint.flushed_end.value(), 4);
  CAF_CHECK(!f.flush(false));
  order = f.flush(true);
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->checkpoint.flushed_end.value(), 20);
}

CAF_TEST(what is in segments is cut by an order) {
  cut_fixture f{16};
  auto order = f.log.truncate(offset{7});
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->end.value(), 7);
  CAF_CHECK_EQUAL(order->checkpoint.flushed_end.value(), 16);
  CAF_CHECK_EQUAL(order->checkpoint.segments.size(), 1u);
  CAF_CHECK(f.log.flush_outstanding());
  CAF_CHECK(!f.flush());
  auto segment = order->checkpoint.segments.front();
  segment.size_bytes = 3 * batch_bytes;
  f.log.on_cut(segment_cut_result{order->partition, offset{6}, {segment}});
  CAF_CHECK(!f.log.flush_outstanding());
  CAF_CHECK_EQUAL(f.log.log_end().value(), 6);
  CAF_CHECK_EQUAL(f.log.flushed_end().value(), 6);
  CAF_CHECK_EQUAL(f.log.size_bytes(), 3 * batch_bytes);
  f.append({.epoch = 5});
  CAF_CHECK_EQUAL(f.bases(6), "6");
  CAF_CHECK_EQUAL(f.bases(2), "segment 0");
  auto next = f.flush();
  CAF_REQUIRE(next);
  CAF_CHECK_EQUAL(next->position, 3 * batch_bytes);
}

CAF_TEST(a cut that failed is ordered again) {
  cut_fixture f{16};
  auto order = f.log.truncate(offset{7});
  CAF_REQUIRE(order);
  f.log.on_cut(fail(errc::no_space));
  CAF_CHECK_EQUAL(f.log.flushed_end().value(), 16);
}

CAF_TEST(a log that begins anew is empty at another place) {
  cut_fixture f{16};
  auto order = f.log.begin_at(offset{50});
  CAF_CHECK_EQUAL(f.log.log_start().value(), 50);
  CAF_CHECK_EQUAL(f.log.log_end().value(), 50);
  CAF_CHECK_EQUAL(f.log.last_record_epoch().value(), -1);
  CAF_CHECK_EQUAL(f.log.producers().size(), 0u);
  CAF_REQUIRE_EQUAL(order.removed.size(), 1u);
  CAF_CHECK(order.moves_log_start && order.creates_segment);
  CAF_CHECK_EQUAL(order.checkpoint.log_start.value(), 50);
  CAF_REQUIRE_EQUAL(order.checkpoint.segments.size(), 1u);
  CAF_CHECK_EQUAL(order.checkpoint.segments[0].base.value(), 50);
  f.log.on_flushed(flush_result{order.partition, order.checkpoint.flushed_end});
  f.append({.epoch = 7});
  CAF_CHECK_EQUAL(f.bases(50), "50");
  CAF_CHECK_EQUAL(f.log.epoch_at(offset{50}).value(), 7);
}

CAF_TEST(an epoch without records is forgotten by whoever follows) {
  cut_fixture f;
  f.log.start_epoch(leader_epoch{8});
  CAF_CHECK_EQUAL(f.log.last_epoch().value(), 8);
  CAF_CHECK_EQUAL(f.log.last_record_epoch().value(), 3);
  f.log.stop_leading();
  f.append({.epoch = 7}); // of a leader between
  CAF_CHECK_EQUAL(f.log.epoch_at(offset{20}).value(), 7);
}
