#define CAF_SUITE client_delivery_queue

#include "actors/client/delivery_queue.hpp"

#include "runtime/base/random.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/record/record_view.hpp"

#include "caf/test/unit_test.hpp"

#include <map>

using namespace troupe;
using namespace troupe::client;

namespace {

constexpr std::int64_t deadline_ms = 1000;
constexpr std::int64_t never_ms = 1'000'000'000;

bytes batch_of(std::uint64_t first, std::uint32_t count) {
  record::batch_builder builder;
  for (std::uint32_t i = 0; i < count; ++i)
    CAF_REQUIRE(builder.add(timestamp_ms{7}, std::nullopt, std::to_string(first + i)));
  return builder.build();
}

record::batch_view view_of(const bytes& data) {
  auto view = record::batch_view::parse(data.view());
  CAF_REQUIRE(view.has_value());
  return *view;
}

/// A queue with `batches` batches of `records` each, numbered through.
struct fixture {
  explicit fixture(int batches = 3, std::uint32_t records = 10, bool is_idempotent = true)
      : queue(rules(is_idempotent)) {
    for (int i = 0; i < batches; ++i)
      add(records);
    if (is_idempotent)
      queue.set_identity(producer_id{100}, producer_epoch{0});
  }

  static delivery_rules rules(bool is_idempotent) {
    delivery_rules made;
    made.is_idempotent = is_idempotent;
    made.backoff_first_ms = 50;
    return made;
  }

  void add(std::uint32_t records, std::int64_t deadline = deadline_ms) {
    outgoing_batch batch;
    batch.data = batch_of(next, records);
    batch.record_count = records;
    batch.runs = {{no_sender, next, records, account::open, batch.data.size()}};
    batch.deadline_ms = deadline;
    queue.add(std::move(batch));
    next += records;
  }

  delivery_queue::order expect_order(std::int64_t now = 0) {
    auto order = queue.next(now);
    CAF_REQUIRE(order.has_value());
    return *order;
  }

  void succeeded(std::uint64_t number, std::int64_t base, std::int64_t now = 0) {
    answered(number, {}, offset{base}, now);
  }
  void failed(std::uint64_t number, errc code, std::int64_t now = 0, std::string said = {}) {
    answered(number, {code, std::move(said)}, no_offset, now);
  }
  void answered(std::uint64_t number, error what, offset base, std::int64_t now) {
    delivery_queue::answer answer;
    answer.number = number;
    answer.what = std::move(what);
    answer.base = base;
    queue.answered(std::move(answer), now);
  }
  void lost(std::int64_t now) {
    queue.lost();
    queue.back_off(now);
  }

  /// Lets the first batch succeed, after which several may be under way.
  void confirm() {
    auto order = expect_order();
    succeeded(order.number, 0);
    queue.take_outcomes();
  }

  bool is_quiet(std::int64_t now = 0) { return !queue.next(now).has_value(); }

  delivery_queue queue;
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
  f.succeeded(first.number, 0);
  f.expect_order();
  f.expect_order();
}

CAF_TEST(at most five are under way) {
  fixture f{8};
  f.confirm();
  for (int i = 0; i < 5; ++i)
    f.expect_order();
  CAF_CHECK(f.is_quiet());
  CAF_CHECK_EQUAL(f.queue.in_flight(), 5u);
}

CAF_TEST(nothing goes without an identity) {
  fixture f{0, 1, false};
  f.queue = delivery_queue{fixture::rules(true)};
  CAF_CHECK(!f.queue.needs_identity());
  f.add(1);
  CAF_CHECK(f.queue.needs_identity());
  CAF_CHECK(f.is_quiet());
  f.queue.set_identity(producer_id{1}, producer_epoch{0});
  CAF_CHECK(!f.queue.needs_identity());
  f.expect_order();
}

CAF_TEST(without idempotence no identity is asked for) {
  fixture f{1, 1, false};
  CAF_CHECK(!f.queue.needs_identity());
  CAF_CHECK_EQUAL(view_of(f.expect_order().data).base_sequence(), -1);
}

CAF_TEST(outcomes say where the records are) {
  fixture f{1, 10};
  f.succeeded(f.expect_order().number, 4711);
  auto outcomes = f.queue.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK_EQUAL(outcomes[0].runs.at(0).first_id, 0u);
  CAF_CHECK_EQUAL(outcomes[0].record_count, 10u);
  CAF_CHECK(outcomes[0].what.code == errc::none);
  CAF_CHECK_EQUAL(outcomes[0].base.value(), 4711);
  CAF_CHECK(f.queue.empty());
}

CAF_TEST(after a passing error everything goes again in the old order) {
  fixture f{4};
  f.confirm();
  auto b = f.expect_order();
  auto c = f.expect_order();
  auto d = f.expect_order();
  f.failed(b.number, errc::not_leader, 100);
  CAF_CHECK(f.is_quiet(149));
  CAF_CHECK(f.queue.due_at_ms() == 150);
  // The later ones are still under way.
  CAF_CHECK(f.is_quiet(150));
  f.failed(c.number, errc::out_of_order_sequence, 150);
  f.failed(d.number, errc::out_of_order_sequence, 150);
  CAF_CHECK(f.queue.take_outcomes().empty());
  // What came too early comes again when the one before it is there.
  for (int i = 1; i <= 3; ++i) {
    auto order = f.expect_order(150);
    CAF_CHECK_EQUAL(view_of(order.data).base_sequence(), i * 10);
    CAF_CHECK(f.is_quiet(150));
    f.succeeded(order.number, i * 10, 150);
  }
  CAF_CHECK(f.queue.empty());
}

CAF_TEST(the pauses between tries grow up to their limit) {
  fixture f{0};
  f.add(1, never_ms);
  std::int64_t now = 0;
  for (std::int64_t pause : {50, 100, 200, 400, 800, 1000, 1000}) {
    auto order = f.expect_order(now);
    f.failed(order.number, errc::not_leader, now);
    CAF_CHECK(f.queue.due_at_ms() == now + pause);
    now += pause;
  }
}

CAF_TEST(a lost connection sends everything again with the same numbers) {
  fixture f{3};
  f.confirm();
  auto b = f.expect_order();
  f.expect_order();
  f.lost(0);
  CAF_CHECK_EQUAL(f.queue.in_flight(), 0u);
  // An answer that comes too late is not for anybody.
  f.succeeded(b.number, 1);
  CAF_CHECK(f.queue.take_outcomes().empty());
  auto again = f.expect_order(50);
  CAF_CHECK_EQUAL(view_of(again.data).base_sequence(), 10);
  CAF_CHECK_EQUAL(view_of(f.expect_order(50).data).base_sequence(), 20);
  f.succeeded(again.number, 10);
  CAF_CHECK_EQUAL(f.queue.take_outcomes().size(), 1u);
}

CAF_TEST(a refused batch fails and the others get a new producer) {
  fixture f{4};
  f.confirm();
  auto b = f.expect_order();
  auto c = f.expect_order();
  f.failed(b.number, errc::invalid_record, 0, "no key");
  auto outcomes = f.queue.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(outcomes[0].what.code == errc::invalid_record);
  CAF_CHECK_EQUAL(outcomes[0].runs.at(0).first_id, 10u);
  CAF_CHECK_EQUAL(outcomes[0].what.detail, "no key");
  CAF_CHECK(!outcomes[0].may_be_written);
  // One is still under way under the old identity.
  CAF_CHECK(!f.queue.needs_identity());
  CAF_CHECK(f.is_quiet());
  f.failed(c.number, errc::out_of_order_sequence, 0);
  CAF_CHECK(f.queue.take_outcomes().empty());
  CAF_CHECK(f.queue.needs_identity());
  f.queue.set_identity(producer_id{200}, producer_epoch{3});
  auto again = view_of(f.expect_order().data);
  CAF_CHECK_EQUAL(again.producer_id().value(), 200);
  CAF_CHECK_EQUAL(again.producer_epoch().value(), 3);
  CAF_CHECK_EQUAL(again.base_sequence(), 0);
  CAF_CHECK(again.crc_ok());
}

CAF_TEST(what may be written is asked for under the old producer first) {
  fixture f{4};
  f.confirm();
  f.expect_order();
  f.expect_order();
  f.expect_order();
  f.lost(0);
  auto b = f.expect_order(50);
  f.failed(b.number, errc::invalid_timestamp, 50);
  CAF_CHECK_EQUAL(f.queue.take_outcomes().size(), 1u);
  CAF_CHECK(!f.queue.needs_identity());
  // One at a time: the node has the first of them, and not the second.
  auto c = f.expect_order(50);
  CAF_CHECK_EQUAL(view_of(c.data).base_sequence(), 20);
  CAF_CHECK_EQUAL(view_of(c.data).producer_id().value(), 100);
  CAF_CHECK(f.is_quiet(50));
  f.succeeded(c.number, 20);
  auto d = f.expect_order(50);
  CAF_CHECK_EQUAL(view_of(d.data).base_sequence(), 30);
  f.failed(d.number, errc::out_of_order_sequence, 50);
  CAF_CHECK(f.queue.needs_identity());
  f.queue.set_identity(producer_id{200}, producer_epoch{0});
  CAF_CHECK_EQUAL(view_of(f.expect_order(50).data).base_sequence(), 0);
}

CAF_TEST(an unknown producer is replaced and nothing is lost) {
  fixture f{2};
  auto a = f.expect_order();
  f.failed(a.number, errc::invalid_producer_epoch, 0);
  CAF_CHECK(f.queue.take_outcomes().empty());
  CAF_CHECK(f.queue.needs_identity());
}

CAF_TEST(an out of order answer without a reason fails the batch) {
  fixture f{1};
  auto a = f.expect_order();
  f.failed(a.number, errc::out_of_order_sequence, 0);
  CAF_CHECK_EQUAL(f.queue.take_outcomes().size(), 1u);
  CAF_CHECK(f.queue.empty());
}

CAF_TEST(what waits too long is given up) {
  fixture f{2};
  f.confirm();
  f.expect_order();
  f.lost(900);
  f.queue.expire(999);
  CAF_CHECK(f.queue.take_outcomes().empty());
  f.queue.expire(1000);
  auto outcomes = f.queue.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(outcomes[0].what.code == errc::timed_out);
  CAF_CHECK(outcomes[0].may_be_written);
  CAF_CHECK(f.queue.empty());
}

CAF_TEST(what was never sent cannot be written) {
  fixture f{1};
  f.queue.expire(deadline_ms);
  auto outcomes = f.queue.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(outcomes[0].what.code == errc::timed_out);
  CAF_CHECK(!outcomes[0].may_be_written);
}

CAF_TEST(what is under way beyond its deadline may be written) {
  fixture f{1};
  auto order = f.expect_order();
  f.queue.expire(deadline_ms - 1);
  CAF_CHECK(f.queue.take_outcomes().empty());
  f.queue.expire(deadline_ms);
  auto outcomes = f.queue.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(outcomes[0].what.code == errc::timed_out);
  CAF_CHECK(outcomes[0].may_be_written);
  // An answer that comes too late is not for anybody.
  f.succeeded(order.number, 0);
  CAF_CHECK(f.queue.take_outcomes().empty());
}

CAF_TEST(only what is refused before the append is surely not written) {
  auto may_be_written = [](errc code) {
    fixture f{1};
    f.failed(f.expect_order().number, code);
    f.queue.expire(deadline_ms);
    auto outcomes = f.queue.take_outcomes();
    CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
    return outcomes[0].may_be_written;
  };
  for (auto code : {errc::unknown_topic_or_partition, errc::fenced_leader_epoch, errc::not_enough_replicas, errc::busy,
                    errc::checksum_mismatch, errc::invalid_record, errc::out_of_order_sequence})
    CAF_CHECK(!may_be_written(code));
  // invalid_request stands for every code that is not known here.
  for (auto code : {errc::not_leader, errc::timed_out, errc::io_error, errc::no_space, errc::shutting_down,
                    errc::not_enough_replicas_after_append, errc::invalid_request, errc::in_use})
    CAF_CHECK(may_be_written(code));
}

CAF_TEST(a batch that was damaged on its way is sent again) {
  fixture f{1};
  f.failed(f.expect_order().number, errc::checksum_mismatch);
  auto again = f.expect_order(50);
  CAF_CHECK(view_of(again.data).crc_ok());
  f.succeeded(again.number, 0, 50);
  CAF_CHECK(f.queue.empty());
}

namespace {

void expect_halves(errc code) {
  fixture f{2, 5};
  f.confirm();
  f.failed(f.expect_order().number, code);
  CAF_CHECK(f.queue.take_outcomes().empty());
  auto first = f.expect_order();
  auto second = f.expect_order();
  CAF_CHECK_EQUAL(view_of(first.data).base_sequence(), 5);
  CAF_CHECK_EQUAL(view_of(first.data).record_count(), 2);
  CAF_CHECK_EQUAL(view_of(second.data).base_sequence(), 7);
  CAF_CHECK_EQUAL(view_of(second.data).record_count(), 3);
  CAF_CHECK(view_of(second.data).crc_ok());
  f.succeeded(first.number, 5);
  f.succeeded(second.number, 7);
  auto outcomes = f.queue.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 2u);
  CAF_CHECK_EQUAL(outcomes[1].runs.at(0).first_id, 7u);
  CAF_CHECK_EQUAL(outcomes[1].record_count, 3u);
  CAF_CHECK(f.queue.empty());
}

} // namespace

CAF_TEST(a batch that is too large for the topic or its segments goes in halves with the same numbers) {
  for (auto code : {errc::too_large, errc::batch_beyond_segment})
    expect_halves(code);
}

CAF_TEST(a single record that is too large fails) {
  fixture f{1, 1};
  auto a = f.expect_order();
  f.failed(a.number, errc::too_large, 0);
  auto outcomes = f.queue.take_outcomes();
  CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
  CAF_CHECK(outcomes[0].what.code == errc::too_large);
}

namespace {

/// A node as KIP-98 has it: the last five batches of a producer are recognised, a gap is refused, any first
/// number is taken from a producer that it does not know.
class model_node {
public:
  /// The code, and the offset for success.
  std::pair<errc, std::int64_t> append(const record::batch_view& batch) {
    auto& state = producers_[batch.producer_id().value()];
    for (auto& [sequence, offset] : state.latest)
      if (sequence == batch.base_sequence())
        return {errc::none, offset};
    if (!state.latest.empty() && batch.base_sequence() != state.next)
      return {errc::out_of_order_sequence, -1};
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
    return {errc::none, offset};
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
    f.add(3, never_ms);
  std::int64_t now = 0;
  std::int64_t identities = 100;
  std::deque<delivery_queue::order> under_way;
  std::map<std::uint64_t, batch_outcome> outcomes;
  for (int steps = 0; steps < 100'000 && !f.queue.empty(); ++steps) {
    now += 20;
    if (f.queue.needs_identity())
      f.queue.set_identity(producer_id{++identities}, producer_epoch{0});
    if (auto order = random.one_in(3) ? std::nullopt : f.queue.next(now))
      under_way.push_back(*order);
    else if (!under_way.empty()) {
      auto order = under_way.front();
      under_way.pop_front();
      auto fault = random.below(12);
      if (fault == 0) { // refused without being looked at
        f.failed(order.number, errc::not_leader, now);
      } else if (fault == 1) { // the connection breaks, with some of it stored
        if (random.one_in(2)) {
          node.append(view_of(order.data));
          while (!under_way.empty() && random.one_in(2)) {
            node.append(view_of(under_way.front().data));
            under_way.pop_front();
          }
        }
        under_way.clear();
        f.lost(now);
      } else if (fault == 2 && random.one_in(4)) { // refused for good
        f.failed(order.number, errc::invalid_timestamp, now);
      } else if (auto [problem, offset] = node.append(view_of(order.data)); problem == errc::none && fault != 3) {
        f.succeeded(order.number, offset, now);
      } else { // refused for its number, or done and answered too late
        f.failed(order.number, problem == errc::none ? errc::timed_out : problem, now);
      }
    }
    for (auto& outcome : f.queue.take_outcomes())
      CAF_REQUIRE(outcomes.emplace(outcome.runs.at(0).first_id, outcome).second);
  }
  if (!f.queue.empty() || outcomes.size() != 40)
    return false;
  std::vector<std::string> expected;
  for (auto& [first, outcome] : outcomes) {
    if (outcome.what.code != errc::none) {
      // Refused for good after it may have been written: then it may be there, and is told so.
      if (!outcome.may_be_written || expected.size() >= node.log.size()
          || node.log[expected.size()] != std::to_string(first))
        continue;
    } else if (outcome.base.value() != static_cast<std::int64_t>(expected.size())) {
      return false;
    }
    for (std::uint64_t i = 0; i < 3; ++i)
      expected.push_back(std::to_string(first + i));
  }
  return expected == node.log;
}

} // namespace

CAF_TEST(every record is written once and in order through any faults) {
  std::vector<std::uint64_t> failing_seeds;
  for (std::uint64_t seed = 1; seed <= 500; ++seed)
    if (!run_with_faults(seed))
      failing_seeds.push_back(seed);
  CAF_CHECK_EQUAL(failing_seeds, std::vector<std::uint64_t>{});
}
