#define CAF_SUITE client_options
#include "tests/client/fake_cluster.hpp"

#include "actors/client/consumer.hpp"
#include "actors/client/producer.hpp"

#include <functional>
#include <string>
#include <string_view>

using namespace troupe;
using namespace troupe::client;

namespace {

constexpr std::int64_t beyond_hour = 3'600'001;
constexpr std::int64_t beyond_day = 86'400'001;
constexpr std::size_t beyond_all = std::size_t{64} * limits::gib + 1;

template <class Options>
struct wrong_value {
  std::string_view name;
  std::function<void(Options&)> set;
};

producer_options good_producer() { return {.topic = "t"}; }
consumer_options good_consumer() { return {.assignments = {{"t"}}}; }

using p = producer_options;
const wrong_value<producer_options> wrong_producers[] = {
    {"topic", [](p& o) { o.topic = ""; }},
    {"acks", [](p& o) { o.acks = static_cast<required_acks>(2); }},
    {"acks", [](p& o) { o.acks = static_cast<required_acks>(-2); }},
    {"compression_type", [](p& o) { o.compression_type = static_cast<record::compression>(5); }},
    {"compression_level", [](p& o) { o.compression_level = 3; }}, // of none
    {"compression_level", [](p& o) { o.compression_type = record::compression::snappy, o.compression_level = 1; }},
    {"compression_level", [](p& o) { o.compression_type = record::compression::gzip, o.compression_level = 0; }},
    {"compression_level", [](p& o) { o.compression_type = record::compression::gzip, o.compression_level = 10; }},
    {"compression_level", [](p& o) { o.compression_type = record::compression::lz4, o.compression_level = 0; }},
    {"compression_level", [](p& o) { o.compression_type = record::compression::lz4, o.compression_level = 18; }},
    {"compression_level", [](p& o) { o.compression_type = record::compression::zstd, o.compression_level = 23; }},
    {"compression_level", [](p& o) { o.compression_type = record::compression::zstd, o.compression_level = -131'073; }},
    {"linger_ms", [](p& o) { o.linger_ms = -1; }},
    {"linger_ms", [](p& o) { o.linger_ms = beyond_hour; }},
    {"batch_size_bytes", [](p& o) { o.batch_size_bytes = 0; }},
    {"batch_size_bytes", [](p& o) { o.batch_size_bytes = limits::batch_max_bytes + 1; }},
    {"max_request_size_bytes", [](p& o) { o.max_request_size_bytes = 0; }},
    {"max_request_size_bytes", [](p& o) { o.max_request_size_bytes = limits::batch_max_bytes + 1; }},
    {"max_in_flight_requests_per_partition", [](p& o) { o.max_in_flight_requests_per_partition = 0; }},
    {"max_in_flight_requests_per_partition", [](p& o) { o.max_in_flight_requests_per_partition = 6; }},
    {"delivery_timeout_ms", [](p& o) { o.delivery_timeout_ms = 0; }},
    {"delivery_timeout_ms", [](p& o) { o.delivery_timeout_ms = beyond_day; }},
    {"delivery_timeout_ms", [](p& o) { o.delivery_timeout_ms = 10, o.linger_ms = 11; }},
    {"request_timeout_ms", [](p& o) { o.request_timeout_ms = 0; }},
    {"request_timeout_ms", [](p& o) { o.request_timeout_ms = beyond_day; }},
    {"retry_backoff_ms", [](p& o) { o.retry_backoff_ms = 0; }},
    {"retry_backoff_ms", [](p& o) { o.retry_backoff_ms = o.retry_backoff_max_ms = beyond_hour; }},
    {"retry_backoff_max_ms", [](p& o) { o.retry_backoff_max_ms = o.retry_backoff_ms - 1; }},
    {"retry_backoff_max_ms", [](p& o) { o.retry_backoff_max_ms = beyond_hour; }},
    {"max_block_ms", [](p& o) { o.max_block_ms = -1; }},
    {"max_block_ms", [](p& o) { o.max_block_ms = beyond_day; }},
    {"auto_create_partitions", [](p& o) { o.auto_create_partitions = 0; }},
    {"auto_create_partitions", [](p& o) { o.auto_create_partitions = -2; }},
    {"auto_create_partitions", [](p& o) { o.auto_create_partitions = limits::partitions_per_topic_max + 1; }},
    {"buffer_memory_bytes", [](p& o) { o.buffer_memory_bytes = 64 * limits::kib - 1; }},
    {"buffer_memory_bytes", [](p& o) { o.buffer_memory_bytes = beyond_all; }},
};

using c = consumer_options;
const wrong_value<consumer_options> wrong_consumers[] = {
    {"assignments", [](c& o) { o.assignments.clear(); }},
    {"assignments", [](c& o) { o.assignments[0].topic = ""; }},
    {"assignments", [](c& o) { o.assignments[0].partition = partition_id{-2}; }},
    {"assignments", [](c& o) { o.assignments[0].from = start_point::at(offset{-1}); }},
    {"assignments", [](c& o) { o.assignments[0].from = start_point::at(timestamp_ms{-1}); }},
    {"assignments", [](c& o) { o.assignments[0].from.where = static_cast<start_point::kind>(4); }},
    {"auto_offset_reset", [](c& o) { o.auto_offset_reset = static_cast<offset_reset>(3); }},
    {"max_partition_fetch_bytes", [](c& o) { o.max_partition_fetch_bytes = 0; }},
    {"max_partition_fetch_bytes", [](c& o) { o.max_partition_fetch_bytes = limits::fetch_max_bytes + 1; }},
    {"fetch_min_bytes", [](c& o) { o.fetch_min_bytes = 0; }},
    {"fetch_min_bytes", [](c& o) { o.fetch_min_bytes = o.max_partition_fetch_bytes + 1; }},
    {"fetch_max_wait_ms", [](c& o) { o.fetch_max_wait_ms = 0; }},
    {"fetch_max_wait_ms", [](c& o) { o.fetch_max_wait_ms = beyond_hour; }},
    {"request_timeout_ms", [](c& o) { o.request_timeout_ms = 0; }},
    {"request_timeout_ms", [](c& o) { o.request_timeout_ms = beyond_day; }},
    {"retry_backoff_ms", [](c& o) { o.retry_backoff_ms = 0; }},
    {"retry_backoff_ms", [](c& o) { o.retry_backoff_ms = o.retry_backoff_max_ms = beyond_hour; }},
    {"retry_backoff_max_ms", [](c& o) { o.retry_backoff_max_ms = o.retry_backoff_ms - 1; }},
    {"retry_backoff_max_ms", [](c& o) { o.retry_backoff_max_ms = beyond_hour; }},
    {"max_unanswered_batches", [](c& o) { o.max_unanswered_batches = 0; }},
    {"max_unanswered_batches", [](c& o) { o.max_unanswered_batches = 1'000'001; }},
    {"max_unanswered_bytes", [](c& o) { o.max_unanswered_bytes = 0; }},
    {"max_unanswered_bytes", [](c& o) { o.max_unanswered_bytes = beyond_all; }},
    {"buffer_memory_bytes", [](c& o) { o.buffer_memory_bytes = 0; }},
    {"buffer_memory_bytes", [](c& o) { o.buffer_memory_bytes = beyond_all; }},
    {"max_poll_interval_ms", [](c& o) { o.max_poll_interval_ms = 0; }},
    {"max_poll_interval_ms", [](c& o) { o.max_poll_interval_ms = 7 * 86'400'000 + 1; }},
    {"restart_backoff_ms", [](c& o) { o.restart_backoff_ms = 0; }},
    {"restart_backoff_ms", [](c& o) { o.restart_backoff_ms = o.restart_backoff_max_ms = beyond_hour; }},
    {"restart_backoff_max_ms", [](c& o) { o.restart_backoff_max_ms = o.restart_backoff_ms - 1; }},
    {"restart_backoff_max_ms", [](c& o) { o.restart_backoff_max_ms = beyond_day; }},
};

template <class Options, class Table>
void each_is_refused_by_name(const Options& good, const Table& table) {
  CAF_CHECK(check(good).has_value());
  for (auto& wrong : table) {
    auto options = good;
    wrong.set(options);
    auto checked = check(options);
    CAF_REQUIRE(!checked.has_value());
    CAF_CHECK(checked.error().code == errc::invalid_argument);
    CAF_CHECK_EQUAL(checked.error().detail.substr(0, wrong.name.size() + 1), std::string{wrong.name} + ":");
  }
}

struct fixture : test_coordinator_fixture<> {
  test::fake_cluster cluster{sys};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(client_options_tests, fixture)

CAF_TEST(every option of a producer is refused by its name when it is out of range) {
  each_is_refused_by_name(good_producer(), wrong_producers);
  // Another field does not compile here, and wants its rows above.
  auto options = good_producer();
  [[maybe_unused]] auto& [topic, acks, idempotence, type, level, linger, batch, size, in_flight, delivery, request, backoff,
                          backoff_max, block, create, partitions, buffer] = options;
}

CAF_TEST(every option of a consumer is refused by its name when it is out of range) {
  each_is_refused_by_name(good_consumer(), wrong_consumers);
  auto options = good_consumer();
  [[maybe_unused]] auto& [assignments, reset, fetch, least, wait, crcs, request, backoff, backoff_max, batches, bytes, buffer,
                          poll, restart, restart_max] = options;
}

CAF_TEST(what is at the edge of its range is taken) {
  for (auto [type, first, last] : {std::tuple{record::compression::gzip, 1, 9}, {record::compression::lz4, 1, 17},
                                   {record::compression::zstd, -131'072, 22}})
    for (auto level : {first, last}) {
      auto options = good_producer();
      options.compression_type = type;
      options.compression_level = level;
      CAF_CHECK(check(options).has_value());
    }
}

CAF_TEST(nobody starts with a wrong option) {
  auto producer = good_producer();
  producer.linger_ms = -1;
  CAF_CHECK(spawn_producer(sys, cluster.access(), producer).error() == errc::invalid_argument);
  auto consumer = good_consumer();
  consumer.fetch_min_bytes = 0;
  auto none = [](caf::actor_system&) { return batch_handler{}; };
  CAF_CHECK(spawn_consumer(sys, cluster.access(), consumer, none).error() == errc::invalid_argument);
  CAF_CHECK(spawn_consumer(sys, cluster.access(), good_consumer(), {}).error() == errc::invalid_argument);
}

CAF_TEST_FIXTURE_SCOPE_END()
