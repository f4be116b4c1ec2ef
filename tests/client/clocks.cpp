#define CAF_SUITE client_clocks
#include "caf/test/unit_test.hpp"

#include "actors/client/delivery_queue.hpp"
#include "actors/client/partition_reader.hpp"

using namespace troupe;
using namespace troupe::client;

namespace {

delivery_queue queue_of_one() {
  delivery_rules rules;
  rules.is_idempotent = false;
  rules.backoff_first_ms = 100;
  delivery_queue queue{rules};
  outgoing_batch batch;
  batch.data = bytes::copy_of(std::string(100, 'x'));
  batch.record_count = 1;
  batch.deadline_ms = 10'000;
  queue.add(std::move(batch));
  return queue;
}

} // namespace

// A clock may begin anywhere: 0 is a time like any other.

CAF_TEST(a reader that is to ask again at zero does so) {
  consumer_options options;
  options.retry_backoff_ms = 100;
  partition_reader reader{"t", partition_id{0}, start_point::at(offset{5}), options};
  reader.leader_changed(true);
  reader.ask_records(1, -100);
  reader.take(partition_reader::fetch_answer{1, {errc::busy, {}}}, -100);
  CAF_CHECK(reader.next_question(-1) == partition_reader::question::none);
  CAF_REQUIRE(reader.due_at_ms());
  CAF_CHECK_EQUAL(reader.due_at_ms().value_or(-1), 0);
  reader.expire(0);
  CAF_CHECK(reader.next_question(0) == partition_reader::question::records);
}

CAF_TEST(a reader whose patience ends at zero takes what there is) {
  consumer_options options;
  options.fetch_min_bytes = 1000;
  options.fetch_max_wait_ms = 500;
  partition_reader reader{"t", partition_id{0}, start_point::at(offset{5}), options};
  reader.leader_changed(true);
  CAF_CHECK_EQUAL(reader.ask_records(1, -500).wake_below_bytes, 1000u);
  reader.leader_changed(true);
  CAF_CHECK_EQUAL(reader.ask_records(2, 0).wake_below_bytes, 1u);
}

CAF_TEST(a batch that is to be sent again at zero is) {
  auto queue = queue_of_one();
  auto order = queue.next(-100);
  CAF_REQUIRE(order);
  queue.answered({order->number, {errc::not_leader, {}}, no_offset, no_timestamp, {}}, -100);
  CAF_CHECK(!queue.next(-1));
  CAF_REQUIRE(queue.due_at_ms());
  CAF_CHECK_EQUAL(queue.due_at_ms().value_or(-1), 0);
  CAF_CHECK(queue.next(0).has_value());
}

CAF_TEST(the wait grows with each failure except while too few replicas are in sync) {
  auto waits = [](errc why) {
    auto queue = queue_of_one();
    std::vector<std::int64_t> all;
    std::int64_t now_ms = 0;
    for (int i = 0; i < 4; ++i) {
      auto order = queue.next(now_ms);
      CAF_REQUIRE(order);
      queue.answered({order->number, {why, {}}, no_offset, no_timestamp, {}}, now_ms);
      all.push_back(queue.due_at_ms().value_or(-1) - now_ms);
      now_ms = *queue.due_at_ms();
    }
    return all;
  };
  CAF_CHECK((waits(errc::not_leader) == std::vector<std::int64_t>{100, 200, 400, 800}));
  CAF_CHECK((waits(errc::not_enough_replicas) == std::vector<std::int64_t>{100, 100, 100, 100}));
}
