#define CAF_SUITE command_delivery

#include "runtime/record/batch_parts.hpp"
#include "actors/node/command/partition_delivery.hpp"

#include "runtime/base/random.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/wire/error_code.hpp"

#include "caf/test/unit_test.hpp"

#include <map>

using namespace troupe;
using namespace troupe::command;

namespace {

constexpr std::int64_t deadline_ms = 1000;

std::int16_t code(wire::error_code of) { return wire::number(of); }

bytes batch_of(std::uint64_t first, std::int32_t count) {
  record::batch_builder builder;
  for (std::int32_t i = 0; i < count; ++i)
    CAF_REQUIRE(
        builder.add(timestamp_ms{7}, std::nullopt, std::to_string(first + static_cast<std::uint64_t>(i))));
  return builder.build();
}

record::batch_view view_of(const bytes& data) {
  auto view = record::batch_view::parse(data.view());
  CAF_REQUIRE(view.has_value());
  return *view;
}

std::string numbered(char letter, int number) { return letter + std::to_string(number); }

/// A delivery with `batches` batches of `records` each, numbered through.
struct fixture {
  explicit fixture(int batches = 3, std::int32_t records = 10, bool is_idempotent = true)
      : delivery(options(is_idempotent)) {
    for (int i = 0; i < batches; ++i)
      add(records);
    if (is_idempotent)
      delivery.set_identity({producer_id{100}, producer_epoch{0}});
  }

  static delivery_options options(bool is_idempotent) {
    delivery_options made;
    made.is_idempotent = is_idempotent;
    return made;
  }

  void add(std::int32_t records, std::int64_t deadline = deadline_ms) {
    delivery.add({next, records, batch_of(next, records), deadline});
    next += static_cast<std::uint64_t>(records);
  }

  partition_delivery::order expect_order(std::int64_t now = 0) {
    auto order = delivery.next(now);
    CAF_REQUIRE(order.has_value());
    return *order;
  }

  /// Lets the first batch succeed, after which several may be under way.
  void confirm() {
    auto order = expect_order();
    delivery.succeeded(order.number, 0);
    delivery.take_outcomes();
  }

  bool is_quiet(std::int64_t now = 0) { return !delivery.next(now).has_value(); }

  partition_delivery delivery;
  std::uint64_t next = 0;
};

} // namespace

CAF_TEST(batches are numbered through and sent in order) {
  fixture f{4};
  f.confirm();
  for (int i = 1; i < 4; ++i) {
    auto batch = view_of(f.expect_order().data);
    CAF_CHECK_EQUAL(batch.base_sequence(), i * 10);
    CAF_CHECK_EQUAL(batch.producer_id().value(), 100);
    CAF_CHECK(batch.crc_ok());
  }
  CAF_CHECK(f.is_quiet());
}

CAF_TEST(only one batch is under way before the node knows the producer) {
  fixture f{3};
  auto first = f.expect_order();
  CAF_CHECK(f.is_quiet());
  f.delivery.succeeded(first.number, 0);
  f.expect_order();
  f.expect_order();
}

CAF_TEST(at most five are under way) {
  fixture f{8};
  f.confirm();
  for (int i = 0; i < 5; ++i)
    f.expect_order();
  CAF_CHECK(f.is_quiet());
  CAF_CHECK_EQUAL(f.delivery.in_flight(), 5u);
}

CAF_TEST(nothing goes without an identity) {
  partition_delivery delivery{delivery_options{}};
  CAF_CHECK(!delivery.needs_identity());
  delivery.add({0, 1, batch_of(0, 1), deadline_ms});
  CAF_CHECK(delivery.needs_identity());
  CAF_CHECK(!delivery.next(0).has_value());
  delivery.set_identity({producer_id{1}, producer_epoch{0}});
  CAF_CHECK(!delivery.needs_identity());
  CAF_CHECK(delivery.next(0).has_value());
}

CAF_TEST(without idempotence no identity is asked for) {
  fixture f{1, 1, false};
  CAF_CHECK(!f.delivery.needs_identity());
  CAF_CHECK_EQUAL(view_of(f.expect_order().data).base_sequence(), -1);
}

CAF_TEST(outcomes say where the records are) {
  fixture f{1, 10};
  f.delivery.succeeded(f.expect_order().number, 4711);
  auto outcomes = f.delivery.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK_EQUAL(outcomes[0].first_record, 0u);
  CAF_CHECK_EQUAL(outcomes[0].record_count, 10);
  CAF_CHECK_EQUAL(outcomes[0].error_code, 0);
  CAF_CHECK_EQUAL(outcomes[0].base_offset, 4711);
  CAF_CHECK(f.delivery.empty());
  CAF_CHECK_EQUAL(f.delivery.queued_bytes(), 0u);
}

CAF_TEST(after a passing error everything goes again in the old order) {
  fixture f{4};
  f.confirm();
  auto b = f.expect_order();
  auto c = f.expect_order();
  auto d = f.expect_order();
  f.delivery.failed(b.number, code(wire::error_code::not_leader_or_follower), "", 100);
  // The later ones are still under way.
  CAF_CHECK(f.is_quiet(10'000));
  f.delivery.failed(c.number, code(wire::error_code::out_of_order_sequence_number), "", 100);
  f.delivery.failed(d.number, code(wire::error_code::out_of_order_sequence_number), "", 100);
  CAF_CHECK(f.delivery.take_outcomes().empty());
  CAF_CHECK(f.is_quiet(149));
  CAF_CHECK_EQUAL(f.delivery.retry_at_ms(), 150);
  CAF_CHECK_EQUAL(view_of(f.expect_order(150).data).base_sequence(), 10);
  CAF_CHECK_EQUAL(view_of(f.expect_order(150).data).base_sequence(), 20);
  CAF_CHECK_EQUAL(view_of(f.expect_order(150).data).base_sequence(), 30);
}

CAF_TEST(the pauses between tries grow up to their limit) {
  fixture f{1};
  std::int64_t now = 0;
  for (std::int64_t pause : {50, 100, 200, 400, 800, 1000, 1000}) {
    auto order = f.expect_order(now);
    f.delivery.failed(order.number, code(wire::error_code::leader_not_available), "", now);
    CAF_CHECK_EQUAL(f.delivery.retry_at_ms(), now + pause);
    now += pause;
  }
}

CAF_TEST(a lost connection sends everything again with the same numbers) {
  fixture f{3};
  f.confirm();
  auto b = f.expect_order();
  f.expect_order();
  f.delivery.lost(0);
  CAF_CHECK_EQUAL(f.delivery.in_flight(), 0u);
  // An answer that comes too late is not for anybody.
  f.delivery.succeeded(b.number, 1);
  CAF_CHECK(f.delivery.take_outcomes().empty());
  auto again = f.expect_order(50);
  CAF_CHECK_EQUAL(view_of(again.data).base_sequence(), 10);
  CAF_CHECK_EQUAL(view_of(f.expect_order(50).data).base_sequence(), 20);
  f.delivery.succeeded(again.number, 10);
  CAF_CHECK_EQUAL(f.delivery.take_outcomes().size(), 1u);
}

CAF_TEST(a refused batch fails and the others get a new producer) {
  fixture f{4};
  f.confirm();
  auto b = f.expect_order();
  auto c = f.expect_order();
  f.delivery.failed(b.number, code(wire::error_code::invalid_record), "no key", 0);
  auto outcomes = f.delivery.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK_EQUAL(outcomes[0].error_code, code(wire::error_code::invalid_record));
  CAF_CHECK_EQUAL(outcomes[0].first_record, 10u);
  CAF_CHECK_EQUAL(outcomes[0].said, "no key");
  CAF_CHECK(!outcomes[0].maybe_stored);
  // One is still under way under the old identity.
  CAF_CHECK(!f.delivery.needs_identity());
  CAF_CHECK(f.is_quiet());
  f.delivery.failed(c.number, code(wire::error_code::out_of_order_sequence_number), "", 0);
  CAF_CHECK(f.delivery.take_outcomes().empty());
  CAF_CHECK(f.delivery.needs_identity());
  f.delivery.set_identity({producer_id{200}, producer_epoch{3}});
  auto again = view_of(f.expect_order().data);
  CAF_CHECK_EQUAL(again.producer_id().value(), 200);
  CAF_CHECK_EQUAL(again.producer_epoch().value(), 3);
  CAF_CHECK_EQUAL(again.base_sequence(), 0);
  CAF_CHECK(again.crc_ok());
}

CAF_TEST(what may be stored is asked for under the old producer first) {
  fixture f{4};
  f.confirm();
  f.expect_order();
  f.expect_order();
  f.expect_order();
  f.delivery.lost(0);
  auto b = f.expect_order(50);
  f.delivery.failed(b.number, code(wire::error_code::invalid_timestamp), "", 50);
  CAF_CHECK_EQUAL(f.delivery.take_outcomes().size(), 1u);
  CAF_CHECK(!f.delivery.needs_identity());
  // One at a time: the node has the first of them, and not the second.
  auto c = f.expect_order(50);
  CAF_CHECK_EQUAL(view_of(c.data).base_sequence(), 20);
  CAF_CHECK_EQUAL(view_of(c.data).producer_id().value(), 100);
  CAF_CHECK(f.is_quiet(50));
  f.delivery.succeeded(c.number, 20);
  auto d = f.expect_order(50);
  CAF_CHECK_EQUAL(view_of(d.data).base_sequence(), 30);
  f.delivery.failed(d.number, code(wire::error_code::out_of_order_sequence_number), "", 50);
  CAF_CHECK(f.delivery.needs_identity());
  f.delivery.set_identity({producer_id{200}, producer_epoch{0}});
  CAF_CHECK_EQUAL(view_of(f.expect_order(50).data).base_sequence(), 0);
}

CAF_TEST(an unknown producer is replaced and nothing is lost) {
  fixture f{2};
  auto a = f.expect_order();
  f.delivery.failed(a.number, code(wire::error_code::unknown_producer_id), "", 0);
  CAF_CHECK(f.delivery.take_outcomes().empty());
  CAF_CHECK(f.delivery.needs_identity());
}

CAF_TEST(an out of order answer without a reason fails the batch) {
  fixture f{1};
  auto a = f.expect_order();
  f.delivery.failed(a.number, code(wire::error_code::out_of_order_sequence_number), "", 0);
  CAF_CHECK_EQUAL(f.delivery.take_outcomes().size(), 1u);
  CAF_CHECK(f.delivery.empty());
}

CAF_TEST(what waits too long is given up) {
  fixture f{2};
  f.confirm();
  f.expect_order();
  f.delivery.lost(900);
  f.delivery.expire(999);
  CAF_CHECK(f.delivery.take_outcomes().empty());
  f.delivery.expire(1000);
  auto outcomes = f.delivery.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(outcomes[0].timed_out);
  CAF_CHECK(outcomes[0].maybe_stored);
  CAF_CHECK(f.delivery.empty());
}

CAF_TEST(what was never sent cannot be stored) {
  partition_delivery delivery{delivery_options{}};
  delivery.add({0, 1, batch_of(0, 1), 10});
  delivery.expire(10);
  auto outcomes = delivery.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(outcomes[0].timed_out);
  CAF_CHECK(!outcomes[0].maybe_stored);
}

CAF_TEST(what is under way is not given up) {
  fixture f{1};
  f.expect_order();
  f.delivery.expire(1'000'000);
  CAF_CHECK(f.delivery.take_outcomes().empty());
}

CAF_TEST(a batch that is too large goes in halves with the same numbers) {
  fixture f{2, 5};
  f.confirm();
  auto b = f.expect_order();
  f.delivery.failed(b.number, code(wire::error_code::message_too_large), "", 0);
  CAF_CHECK(f.delivery.take_outcomes().empty());
  auto first = f.expect_order();
  auto second = f.expect_order();
  CAF_CHECK_EQUAL(view_of(first.data).base_sequence(), 5);
  CAF_CHECK_EQUAL(view_of(first.data).record_count(), 2);
  CAF_CHECK_EQUAL(view_of(second.data).base_sequence(), 7);
  CAF_CHECK_EQUAL(view_of(second.data).record_count(), 3);
  CAF_CHECK(view_of(second.data).crc_ok());
  f.delivery.succeeded(first.number, 5);
  f.delivery.succeeded(second.number, 7);
  auto outcomes = f.delivery.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 2u);
  CAF_CHECK_EQUAL(outcomes[1].first_record, 7u);
  CAF_CHECK_EQUAL(outcomes[1].record_count, 3);
  CAF_CHECK_EQUAL(f.delivery.queued_bytes(), 0u);
}

CAF_TEST(a single record that is too large fails) {
  fixture f{1, 1};
  auto a = f.expect_order();
  f.delivery.failed(a.number, code(wire::error_code::message_too_large), "", 0);
  auto outcomes = f.delivery.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK_EQUAL(outcomes[0].error_code, code(wire::error_code::message_too_large));
}

CAF_TEST(halves of a compressed batch hold the same records) {
  record::batch_builder builder;
  builder.options().compression = record::compression::zstd;
  record::header_view header{"h", "1"};
  for (int i = 0; i < 7; ++i)
    CAF_REQUIRE(
        builder.add(timestamp_ms{1000 + i}, numbered('k', i), numbered('v', i), std::span{&header, 1}));
  auto halves = record::split_batch(builder.build());
  CAF_REQUIRE(halves.has_value());
  CAF_CHECK_EQUAL(halves->first_count, 3);
  auto i = 0;
  for (auto& half : {halves->first, halves->second}) {
    CAF_CHECK(view_of(half).compression() == record::compression::zstd);
    record::decompression_budget budget;
    auto records = record::batch_records::open(view_of(half), budget);
    CAF_REQUIRE(records.has_value());
    for (auto r = records->next(); r; r = records->next(), ++i) {
      CAF_CHECK_EQUAL(std::string{r->key.value_or("")}, numbered('k', i));
      CAF_CHECK_EQUAL(std::string{r->value.value_or("")}, numbered('v', i));
      CAF_CHECK_EQUAL(records->timestamp_of(*r).value(), 1000 + i);
      CAF_CHECK_EQUAL(r->headers().size(), 1u);
    }
  }
  CAF_CHECK_EQUAL(i, 7);
}

namespace {

/// A node as KIP-98 has it: the last five batches of a producer are recognised, a gap is refused, any first
/// number is taken from a producer that it does not know.
class model_node {
public:
  /// The code, and the offset for success.
  std::pair<std::int16_t, std::int64_t> append(const record::batch_view& batch) {
    auto& state = producers_[batch.producer_id().value()];
    for (auto& [sequence, offset] : state.latest)
      if (sequence == batch.base_sequence())
        return {0, offset};
    if (!state.latest.empty() && batch.base_sequence() != state.next)
      return {wire::number(wire::error_code::out_of_order_sequence_number), -1};
    auto offset = static_cast<std::int64_t>(log.size());
    record::decompression_budget budget;
    auto records = record::batch_records::open(batch, budget);
    CAF_REQUIRE(records.has_value());
    for (auto r = records->next(); r; r = records->next())
      log.emplace_back(r->value.value_or(""));
    state.next = batch.base_sequence() + batch.record_count();
    state.latest.emplace_back(batch.base_sequence(), offset);
    if (state.latest.size() > 5)
      state.latest.erase(state.latest.begin());
    return {0, offset};
  }

  std::vector<std::string> log;

private:
  struct producer_state {
    std::int32_t next = 0;
    std::vector<std::pair<std::int32_t, std::int64_t>> latest;
  };

  std::map<std::int64_t, producer_state> producers_;
};

/// Sends 40 batches through faults that the seed decides about; checks that the log has each record that was
/// not refused once and in order, where the outcomes say.
bool run_with_faults(std::uint64_t seed) {
  random_source random{seed};
  model_node node;
  fixture f{0, 3};
  for (int i = 0; i < 40; ++i)
    f.add(3, 1'000'000'000);
  std::int64_t now = 0;
  std::int64_t identities = 100;
  std::deque<partition_delivery::order> under_way;
  std::map<std::uint64_t, delivery_outcome> outcomes;
  for (int steps = 0; steps < 100'000 && !f.delivery.empty(); ++steps) {
    now += 20;
    if (f.delivery.needs_identity())
      f.delivery.set_identity({producer_id{++identities}, producer_epoch{0}});
    if (auto order = random.one_in(3) ? std::nullopt : f.delivery.next(now))
      under_way.push_back(*order);
    else if (!under_way.empty()) {
      auto order = under_way.front();
      under_way.pop_front();
      auto fault = random.below(12);
      if (fault == 0) { // refused without being looked at
        f.delivery.failed(order.number, code(wire::error_code::not_leader_or_follower), "", now);
      } else if (fault == 1) { // the connection breaks, with some of it stored
        if (random.one_in(2)) {
          node.append(view_of(order.data));
          while (!under_way.empty() && random.one_in(2)) {
            node.append(view_of(under_way.front().data));
            under_way.pop_front();
          }
        }
        under_way.clear();
        f.delivery.lost(now);
      } else if (fault == 2 && random.one_in(4)) { // refused for good
        f.delivery.failed(order.number, code(wire::error_code::invalid_timestamp), "", now);
      } else if (auto [problem, offset] = node.append(view_of(order.data)); problem == 0) {
        f.delivery.succeeded(order.number, offset);
      } else {
        f.delivery.failed(order.number, problem, "", now);
      }
    }
    for (auto& outcome : f.delivery.take_outcomes())
      CAF_REQUIRE(outcomes.emplace(outcome.first_record, outcome).second);
  }
  if (!f.delivery.empty() || outcomes.size() != 40)
    return false;
  std::vector<std::string> expected;
  for (auto& [first, outcome] : outcomes) {
    if (outcome.error_code != 0) {
      // Refused for good after it may have been stored: then it may be there, and is told so.
      if (!outcome.maybe_stored || static_cast<std::size_t>(expected.size()) >= node.log.size()
          || node.log[expected.size()] != std::to_string(first))
        continue;
    } else if (outcome.base_offset != static_cast<std::int64_t>(expected.size())) {
      return false;
    }
    for (std::uint64_t i = 0; i < 3; ++i)
      expected.push_back(std::to_string(first + i));
  }
  return expected == node.log;
}

} // namespace

CAF_TEST(every record is stored once and in order through any faults) {
  std::vector<std::uint64_t> failing_seeds;
  for (std::uint64_t seed = 1; seed <= 500; ++seed)
    if (!run_with_faults(seed))
      failing_seeds.push_back(seed);
  CAF_CHECK_EQUAL(failing_seeds, std::vector<std::uint64_t>{});
}
