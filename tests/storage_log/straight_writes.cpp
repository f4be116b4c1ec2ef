#define CAF_SUITE straight_writes
#include "caf/test/unit_test.hpp"

#include "runtime/storage/data_directory.hpp"
#include "runtime/storage/directory_check.hpp"
#include "runtime/storage/segment_files.hpp"
#include "tests/storage_log/partition_log_workshop.hpp"

#include <utility>

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

namespace {

constexpr std::size_t waiting = 3;

log_options straight_options() {
  log_options options;
  options.straight_bytes = waiting * batch_bytes;
  return options;
}

struct fixture : log_fixture {
  fixture() : log_fixture(straight_options()) { append({}); }

  /// The offsets that the journal was given since the last time.
  std::string handed() {
    hand_over();
    return std::exchange(text_, {});
  }

  void append_some(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      append({}, false);
      hand_over();
    }
  }

private:
  void hand_over() {
    while (auto order = log.next_for_journal())
      text_ += (order->flushed ? "flushed " : "") + std::to_string(order->base.value()) + "-"
               + std::to_string(order->end.value()) + " ";
  }

  std::string text_;
};

/// A data directory whose partition has two batches in the checkpoint, one in the journal alone, and three that went
/// straight to its segment, and then its machine loses power.
struct interrupted {
  interrupted() {
    auto d = open();
    partition_log log{log_partition(0), straight_options(), {}};
    append(log, 0, 2);
    hand_over(*d, log);
    CHECK(d->journal->commit().has_value());
    log.mark_durable(log.log_end());
    flush(*d, log);
    CHECK(d->segments->write_checkpoint().has_value());
    append(log, 1, 1);
    hand_over(*d, log);
    append(log, 1, 3);
    CHECK(log.goes_straight());
    flush(*d, log);
    hand_over(*d, log);
    CHECK(d->journal->commit().has_value());
    d.reset();
    random_source random{3};
    disk.power_cut(random);
    disk.restart();
  }

  std::optional<data_directory> open() {
    data_directory_options o;
    o.path = "data";
    o.node = node_id{1};
    o.fresh_directory_id = {4};
    o.fresh_cluster_id = "c";
    o.journal.file_size_bytes = 16 * limits::mib;
    auto opened = open_data_directory(disk, o);
    CHECK(opened.has_value());
    return std::move(*opened);
  }

  static void hand_over(data_directory& d, partition_log& log) {
    while (auto order = log.next_for_journal())
      if (order->flushed)
        d.journal->flushed(log.name(), order->base, order->end, *order->flushed);
      else
        d.journal->append(log.name(), order->base, order->end, order->batch.view());
  }

  static void append(partition_log& log, std::int32_t epoch, int count) {
    for (int i = 0; i < count; ++i) {
      auto at = log.log_end().value();
      auto b = make_batch({.base = at, .epoch = epoch, .timestamp = 1'000 + at, .producer = 5, .producer_epoch = 0,
                           .sequence = static_cast<std::int32_t>(at)});
      log.append(b.data, b.facts, timestamp_ms{1});
    }
  }

  static void flush(data_directory& d, partition_log& log) {
    auto order = log.next_flush(timestamp_ms{1}, true);
    CHECK(order.has_value());
    auto done = d.segments->flush({&*order, 1});
    CHECK(done.at(0).has_value());
    log.on_flushed(done[0]);
  }

  simulated_file_system disk;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(straight_writes_tests, fixture)

CAF_TEST(the journal takes what comes until enough waits for it and the rest goes straight to the segment) {
  append_some(2 * waiting);
  CAF_CHECK_EQUAL(handed(), "1-2 2-3 3-4 ");
  CAF_CHECK(log.goes_straight());
  auto order = log.next_flush(now, false);
  CAF_REQUIRE(order);
  CAF_CHECK_EQUAL(order->batches.size(), 1 + 2 * waiting);
  CAF_CHECK_EQUAL(order->checkpoint.flushed_end.value(), 7);
  append_some(1);
  log.mark_durable(offset{4});
  CAF_CHECK_EQUAL(handed(), ""); // it would be durable before what lies below
  log.on_flushed(flush_result{order->partition, offset{7}});
  CAF_CHECK_EQUAL(log.durable_end().value(), 4);
  CAF_CHECK_EQUAL(handed(), "flushed 4-7 7-8 ");
  log.mark_durable(offset{8});
  CAF_CHECK_EQUAL(handed(), "");
}

CAF_TEST(a segment does not begin with what goes straight to it) {
  auto options = straight_options();
  options.segment_bytes = batch_bytes;
  log.options(options);
  CAF_CHECK(flush());
  append_some(2 * waiting);
  CAF_CHECK_EQUAL(handed(), "1-2 2-3 3-4 ");
  CAF_CHECK(!log.goes_straight());
  log.mark_durable(offset{2});
  CAF_CHECK(log.goes_straight());
  log.mark_durable(offset{4});
  CAF_CHECK_EQUAL(handed(), "4-5 5-6 6-7 ");
}

CAF_TEST(a straight flush that fails leaves all to the journal until one succeeds) {
  CAF_CHECK(flush());
  append_some(2 * waiting);
  CAF_CHECK_EQUAL(handed(), "1-2 2-3 3-4 ");
  CAF_REQUIRE(log.next_flush(now, false));
  log.on_flushed(fail(errc::no_space));
  CAF_CHECK(!log.goes_straight());
  CAF_CHECK_EQUAL(handed(), "");
  log.mark_durable(offset{4});
  CAF_CHECK_EQUAL(handed(), "4-5 5-6 6-7 ");
  log.mark_durable(offset{7});
  CAF_CHECK(flush());
  append_some(2 * waiting);
  CAF_CHECK_EQUAL(handed(), "7-8 8-9 9-10 ");
  CAF_CHECK(log.goes_straight());
}

CAF_TEST(what is flushed is said again when nothing is left to flush) {
  CAF_CHECK(!log.repeat_flushed());
  CAF_CHECK(flush());
  auto order = log.repeat_flushed();
  CAF_REQUIRE(order);
  CAF_CHECK(order->batches.empty() && !order->creates_segment && !order->moves_log_start);
  CAF_CHECK_EQUAL(order->checkpoint.flushed_end.value(), 1);
  CAF_CHECK_EQUAL(order->checkpoint.segments.size(), 1u);
  CAF_CHECK(!log.repeat_flushed());
  log.on_flushed(flush_result{order->partition, order->checkpoint.flushed_end});
  CAF_CHECK_EQUAL(log.flushed_end().value(), 1);
}

CAF_TEST(what may be cut off stays in the journal) {
  CAF_CHECK(flush());
  log.may_be_cut(true);
  append_some(2 * waiting);
  CAF_CHECK_EQUAL(handed(), "1-2 2-3 3-4 ");
  CAF_CHECK(!log.goes_straight());
  log.may_be_cut(false);
  CAF_CHECK(log.goes_straight());
}

CAF_TEST(an order that is smaller than what waits says only what it holds) {
  CAF_CHECK(flush());
  append_some(3 * waiting);
  CAF_CHECK_EQUAL(handed(), "1-2 2-3 3-4 ");
  auto options = straight_options();
  options.flush_max_bytes = 4 * batch_bytes;
  log.options(options);
  CAF_CHECK_EQUAL(flush(false)->checkpoint.flushed_end.value(), 5);
  CAF_CHECK_EQUAL(handed(), "flushed 4-5 ");
  CAF_CHECK(log.goes_straight());
  CAF_CHECK_EQUAL(flush(false)->checkpoint.flushed_end.value(), 9);
  CAF_CHECK_EQUAL(handed(), "flushed 5-9 ");
  log.mark_durable(offset{9});
  CAF_CHECK_EQUAL(handed(), "9-10 ");
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(what went straight to segments is found though the checkpoint does not say so) {
  interrupted node;
  for (int life = 0; life < 2; ++life) {
    auto d = node.open();
    CAF_CHECK(d->report.damage.empty());
    auto found = std::move(d->partitions[log_partition(0)]);
    CAF_CHECK_EQUAL(found.checkpoint.flushed_end.value(), 6);
    CAF_CHECK(found.tail.empty());
    CAF_REQUIRE_EQUAL(found.checkpoint.segments.size(), 1u);
    CAF_CHECK_EQUAL(found.checkpoint.segments[0].size_bytes, 6 * batch_bytes);
    CAF_CHECK_EQUAL(found.checkpoint.segments[0].max_timestamp.timestamp.value(), 1'005);
    CAF_REQUIRE_EQUAL(found.checkpoint.epochs.size(), 2u);
    CAF_CHECK_EQUAL(found.checkpoint.epochs[1].start.value(), 2);
    partition_log log{log_partition(0), straight_options(), std::move(found)};
    auto again = make_batch({.base = 6, .epoch = 1, .producer = 5, .producer_epoch = 0, .sequence = 5});
    auto known = log.check_producer(again.facts);
    CAF_CHECK(known && *known && (*known)->base == offset{5});
    d.reset();
    node.disk.restart();
  }
}

CAF_TEST(the offline check looks at it and finds damage in it) {
  interrupted node;
  std::vector<finding> all;
  auto collect = [&](const finding& f) { all.push_back(f); };
  auto totals = verify_directory(node.disk, "data", collect);
  CAF_REQUIRE(totals);
  CAF_CHECK(all.empty());
  CAF_CHECK_EQUAL(totals->batches, 6u);
  auto path = segment_path("data", log_partition(0), offset{0});
  node.disk.flip_bit(path, 4 * batch_bytes + 70, 1);
  CAF_REQUIRE(verify_directory(node.disk, "data", collect));
  CAF_CHECK(!all.empty());
  auto d = node.open();
  CAF_CHECK(!d->report.damage.empty());
  CAF_CHECK_EQUAL(d->partitions[log_partition(0)].checkpoint.flushed_end.value(), 6);
}

CAF_TEST(it is found after the checkpoint is lost) {
  interrupted node;
  CAF_REQUIRE(node.disk.remove("data/checkpoint"));
  CAF_REQUIRE(node.disk.remove("data/checkpoint.old"));
  auto d = node.open();
  CAF_CHECK(d->report.rebuilt);
  auto& found = d->partitions[log_partition(0)];
  CAF_CHECK_EQUAL(found.checkpoint.flushed_end.value(), 6);
  CAF_CHECK(found.tail.empty());
}

CAF_TEST(a truncation after it counts) {
  interrupted node;
  {
    auto d = node.open();
    d->journal->flushed(log_partition(1), offset{0}, offset{9}, {offset{0}, 900});
    d->journal->truncate(log_partition(1), offset{0});
    CAF_REQUIRE(d->journal->commit());
  }
  node.disk.restart();
  auto d = node.open();
  CAF_CHECK(d->report.damage.empty());
  CAF_CHECK_EQUAL(d->partitions[log_partition(1)].checkpoint.flushed_end.value(), 0);
}
