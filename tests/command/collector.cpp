#define CAF_SUITE command_collector

#include "actors/node/command/line_input.hpp"
#include "actors/node/command/record_collector.hpp"

#include "caf/test/unit_test.hpp"

#include <unistd.h>

using namespace troupe;
using namespace troupe::command;

namespace {

collector_options small() {
  collector_options options;
  options.batch_max_bytes = 260;
  options.linger_ms = 10;
  return options;
}

void add(record_collector& to, std::int32_t partition, std::uint64_t number, std::string_view value,
         std::int64_t now) {
  auto added = to.add(partition_id{partition}, number, timestamp_ms{1}, std::nullopt, value, {}, now);
  CAF_REQUIRE(added.has_value());
}

/// The two ends of a pipe.
struct pipe_pair {
  pipe_pair() { CAF_REQUIRE_EQUAL(::pipe(ends), 0); }
  ~pipe_pair() {
    ::close(ends[0]);
    close_input();
  }
  void write(std::string_view text) {
    CAF_REQUIRE_EQUAL(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_input() {
    if (ends[1] >= 0)
      ::close(ends[1]);
    ends[1] = -1;
  }
  int ends[2];
};

} // namespace

CAF_TEST(a batch goes when it is old enough) {
  record_collector collector{2, small()};
  CAF_CHECK(!collector.due_at_ms().has_value());
  add(collector, 1, 5, "a", 100);
  add(collector, 1, 6, "b", 105);
  CAF_CHECK_EQUAL(collector.due_at_ms().value_or(0), 110);
  CAF_CHECK(collector.take_ready(109, false).empty());
  auto ready = collector.take_ready(110, false);
  CAF_REQUIRE_EQUAL(ready.size(), 1u);
  CAF_CHECK_EQUAL(ready[0].partition.value(), 1);
  CAF_CHECK_EQUAL(ready[0].records, (std::vector<std::uint64_t>{5, 6}));
  auto batch = record::batch_view::parse(ready[0].data.view());
  CAF_REQUIRE(batch.has_value());
  CAF_CHECK_EQUAL(batch->record_count(), 2);
  CAF_CHECK(batch->crc_ok());
  CAF_CHECK(!collector.due_at_ms().has_value());
}

CAF_TEST(a batch goes when the next record does not fit) {
  record_collector collector{1, small()};
  add(collector, 0, 1, std::string(60, 'x'), 0);
  add(collector, 0, 2, std::string(60, 'y'), 0);
  CAF_CHECK(collector.take_ready(0, false).empty());
  add(collector, 0, 3, std::string(60, 'z'), 0);
  auto ready = collector.take_ready(0, false);
  CAF_REQUIRE_EQUAL(ready.size(), 1u);
  CAF_CHECK_EQUAL(ready[0].records, (std::vector<std::uint64_t>{1, 2}));
  auto rest = collector.take_ready(0, true);
  CAF_REQUIRE_EQUAL(rest.size(), 1u);
  CAF_CHECK_EQUAL(rest[0].records, (std::vector<std::uint64_t>{3}));
}

CAF_TEST(a record that is too large for a batch goes alone) {
  record_collector collector{1, small()};
  add(collector, 0, 1, std::string(1000, 'x'), 0);
  add(collector, 0, 2, "y", 0);
  auto ready = collector.take_ready(0, true);
  CAF_REQUIRE_EQUAL(ready.size(), 2u);
  CAF_CHECK_EQUAL(ready[0].records.size(), 1u);
  CAF_CHECK_EQUAL(ready[1].records.size(), 1u);
}

CAF_TEST(lines come whole and the last one needs no end) {
  pipe_pair input;
  line_input lines{input.ends[0]};
  CAF_REQUIRE(lines.fill().has_value());
  CAF_CHECK(!lines.next().has_value());
  input.write("one\n\ntw");
  CAF_REQUIRE(lines.fill().has_value());
  CAF_CHECK_EQUAL(std::string{lines.next().value_or("?")}, "one");
  CAF_CHECK_EQUAL(std::string{lines.next().value_or("?")}, "");
  CAF_CHECK(!lines.next().has_value());
  input.write("o\nthree");
  CAF_REQUIRE(lines.fill().has_value());
  CAF_CHECK_EQUAL(std::string{lines.next().value_or("?")}, "two");
  CAF_CHECK(!lines.next().has_value());
  CAF_CHECK(!lines.ended());
  input.close_input();
  CAF_REQUIRE(lines.fill().has_value());
  CAF_CHECK(lines.ended());
  CAF_CHECK_EQUAL(std::string{lines.next().value_or("?")}, "three");
  CAF_CHECK(!lines.next().has_value());
}
