#define CAF_SUITE producer_state
#include "caf/test/unit_test.hpp"

#include "runtime/storage/producer_state.hpp"
#include "tests/storage_log/log_workshop.hpp"

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::test;

namespace {

constexpr std::int32_t last_sequence_ever = 0x7fffffff;

batch_facts batch(std::int64_t base, std::int32_t sequence, std::int32_t count = 1, std::int16_t epoch = 0,
                  std::int64_t producer = 42) {
  return facts({.base = base, .count = count, .producer = producer, .producer_epoch = epoch, .sequence = sequence});
}

/// "append", "duplicate of <offset>", or the error's name.
std::string verdict(const producer_state& state, const batch_facts& b) {
  auto checked = state.check(b);
  if (!checked)
    return std::string{name(checked.error().code)};
  return *checked ? "duplicate of " + std::to_string((*checked)->base.value()) : "append";
}

void append(producer_state& state, const batch_facts& b, std::int64_t now = 0, offset durable = offset{1'000'000}) {
  state.update(b, timestamp_ms{now}, durable);
}

} // namespace

CAF_TEST(a batch without a producer is always appended) {
  producer_state state;
  append(state, facts({.base = 0}));
  CAF_CHECK_EQUAL(verdict(state, facts({.base = 1})), "append");
  CAF_CHECK_EQUAL(state.size(), 0u);
}

CAF_TEST(a producer that nothing is known of may begin anywhere) {
  producer_state state;
  CAF_CHECK_EQUAL(verdict(state, batch(0, 17)), "append");
  append(state, batch(0, 17));
  CAF_CHECK_EQUAL(verdict(state, batch(1, 18)), "append");
  CAF_CHECK_EQUAL(verdict(state, batch(1, 19)), "out_of_order_sequence");
}

CAF_TEST(the last five batches are recognised and an older one is out of order) {
  producer_state state;
  for (int i = 0; i < 6; ++i)
    append(state, batch(100 + i * 3, i * 3, 3));
  CAF_CHECK_EQUAL(verdict(state, batch(0, 0, 3)), "out_of_order_sequence");
  for (int i = 1; i < 6; ++i)
    CAF_CHECK_EQUAL(verdict(state, batch(500, i * 3, 3)), "duplicate of " + std::to_string(100 + i * 3));
  CAF_CHECK_EQUAL(verdict(state, batch(118, 18, 3)), "append");
}

CAF_TEST(a batch that only begins like a known one is no duplicate) {
  producer_state state;
  append(state, batch(0, 0, 3));
  CAF_CHECK_EQUAL(verdict(state, batch(3, 0, 2)), "out_of_order_sequence");
  CAF_CHECK_EQUAL(verdict(state, batch(3, 1, 2)), "out_of_order_sequence");
}

CAF_TEST(a gap is refused and the batch that fills it is appended) {
  producer_state state;
  append(state, batch(0, 0, 5));
  CAF_CHECK_EQUAL(verdict(state, batch(5, 6)), "out_of_order_sequence");
  CAF_CHECK_EQUAL(verdict(state, batch(5, 5)), "append");
}

CAF_TEST(sequences wrap to zero) {
  producer_state state;
  append(state, batch(0, last_sequence_ever - 1, 2));
  CAF_CHECK_EQUAL(verdict(state, batch(2, 0)), "append");
  CAF_CHECK_EQUAL(verdict(state, batch(2, 1)), "out_of_order_sequence");
  producer_state within;
  append(within, batch(0, last_sequence_ever, 3)); // uses 2^31 - 1, 0 and 1
  CAF_CHECK_EQUAL(verdict(within, batch(3, 2)), "append");
  CAF_CHECK_EQUAL(verdict(within, batch(3, last_sequence_ever, 3)), "duplicate of 0");
}

CAF_TEST(a new epoch begins at zero and the old one is fenced) {
  producer_state state;
  append(state, batch(0, 0, 4, 1));
  CAF_CHECK_EQUAL(verdict(state, batch(4, 4, 1, 2)), "out_of_order_sequence");
  CAF_CHECK_EQUAL(verdict(state, batch(4, 0, 1, 2)), "append");
  append(state, batch(4, 0, 1, 2));
  CAF_CHECK_EQUAL(verdict(state, batch(5, 4, 1, 1)), "invalid_producer_epoch");
  CAF_CHECK_EQUAL(verdict(state, batch(5, 0, 4, 1)), "invalid_producer_epoch");
  CAF_CHECK_EQUAL(verdict(state, batch(5, 0, 1, 2)), "duplicate of 4");
}

CAF_TEST(a control batch moves the epoch only) {
  producer_state state;
  append(state, batch(0, 0));
  auto marker = facts({.base = 1, .producer = 42, .producer_epoch = 3, .control = true});
  CAF_CHECK_EQUAL(verdict(state, marker), "append");
  append(state, marker);
  CAF_CHECK_EQUAL(verdict(state, batch(2, 1)), "invalid_producer_epoch");
  CAF_CHECK_EQUAL(verdict(state, batch(2, 0, 1, 3)), "append");
}

CAF_TEST(producers do not disturb each other) {
  producer_state state;
  append(state, batch(0, 0, 1, 0, 1));
  append(state, batch(1, 0, 1, 0, 2));
  CAF_CHECK_EQUAL(verdict(state, batch(2, 0, 1, 0, 1)), "duplicate of 0");
  CAF_CHECK_EQUAL(verdict(state, batch(2, 0, 1, 0, 2)), "duplicate of 1");
}

CAF_TEST(an unused producer expires and begins anew) {
  producer_state state;
  append(state, batch(0, 0), 1'000);
  append(state, batch(1, 0, 1, 0, 43), 5'000);
  CAF_CHECK_EQUAL(state.expire(timestamp_ms{6'000}, 5'000), 0u);
  CAF_CHECK_EQUAL(state.expire(timestamp_ms{6'001}, 5'000), 1u);
  CAF_CHECK_EQUAL(verdict(state, batch(2, 9)), "append");
  CAF_CHECK_EQUAL(verdict(state, batch(2, 9, 1, 0, 43)), "out_of_order_sequence");
}

CAF_TEST(the time of a recovered producer begins with the first look) {
  producer_state state;
  state.update(batch(0, 0), no_timestamp, offset{1});
  CAF_CHECK_EQUAL(state.expire(timestamp_ms{1'000'000}, 10), 0u);
  CAF_CHECK_EQUAL(state.expire(timestamp_ms{1'000'010}, 10), 0u);
  CAF_CHECK_EQUAL(state.expire(timestamp_ms{1'000'011}, 10), 1u);
}

CAF_TEST(a snapshot leaves out what lies at or above its end and replaying that gives the same state) {
  producer_state state;
  producer_state again;
  std::vector<batch_facts> all;
  for (int i = 0; i < 12; ++i)
    all.push_back(batch(i, i / 2, 1, 0, i % 2));
  for (auto& b : all)
    append(state, b);
  for (std::int64_t end = 0; end <= 12; ++end) {
    producer_state before;
    for (std::int64_t i = 0; i < 12; ++i)
      if (i < end)
        append(before, all[static_cast<std::size_t>(i)]);
    again = producer_state{before.snapshot(offset{end})};
    for (std::int64_t i = end; i < 12; ++i)
      append(again, all[static_cast<std::size_t>(i)]);
    CAF_CHECK(again.producers() == state.producers());
  }
  for (auto& p : state.snapshot(offset{10}))
    for (auto& b : p.batches)
      CAF_CHECK(b.last < offset{10});
}

CAF_TEST(five durable batches stay remembered however many follow that are not) {
  producer_state state;
  for (int i = 0; i < 20; ++i)
    append(state, batch(i, i), 0, offset{7});
  CAF_CHECK_EQUAL(verdict(state, batch(20, 14)), "out_of_order_sequence");
  CAF_CHECK_EQUAL(verdict(state, batch(20, 15)), "duplicate of 15");
  producer_state after_crash{state.snapshot(offset{7})};
  CAF_CHECK_EQUAL(verdict(after_crash, batch(7, 2)), "duplicate of 2");
  CAF_CHECK_EQUAL(verdict(after_crash, batch(7, 6)), "duplicate of 6");
  CAF_CHECK_EQUAL(verdict(after_crash, batch(7, 7)), "append");
  CAF_CHECK_EQUAL(verdict(after_crash, batch(7, 8)), "out_of_order_sequence");
  append(state, batch(20, 20), 0, offset{21});
  CAF_CHECK_EQUAL(state.producers().begin()->second.batches.size(), 5u);
}
