#define CAF_SUITE client_crowd
#include "tests/client/fake_cluster.hpp"

#include "actors/client/consumer.hpp"
#include "actors/client/producer.hpp"

#include <algorithm>
#include <numeric>

using namespace troupe;
using namespace troupe::client;

namespace {

constexpr int crowd = 1000;
constexpr int partitions = 10;
constexpr std::size_t value_bytes = 1000;
constexpr std::size_t producer_memory = 100'000;

struct sender_state {
  static inline const char* name = "sender";
  sender_state() = default;
  std::size_t credit = 0;
  std::uint64_t sent = 0;
};

/// Always sends what it has credit for.
delivery_listener::behavior_type eager_sender(delivery_listener::stateful_pointer<sender_state> self,
                                              producer_actor producer, new_record record,
                                              std::uint64_t* written) {
  self->send(producer, join_sender{self});
  auto cost = credit_cost_bytes(record);
  return {[=](const delivery_report& report) {
    auto& state = self->state;
    state.credit += report.credit_bytes;
    for (auto& delivery : report.deliveries) {
      CAF_CHECK(delivery.is_written());
      *written += delivery.count;
    }
    for (; state.credit >= cost; state.credit -= cost)
      self->send(producer, send_records{state.sent++, {record}, self});
  }};
}

struct fixture : test_coordinator_fixture<> {
  fixture() : cluster(sys) {}

  ~fixture() {
    for (auto& one : started)
      anon_send_exit(one, caf::exit_reason::kill);
    run();
  }

  template <class Handle>
  Handle keep(Handle one) {
    started.push_back(caf::actor_cast<caf::strong_actor_ptr>(one));
    return one;
  }

  void check_fair() const {
    auto mean = std::accumulate(done.begin(), done.end(), std::uint64_t{0}) / done.size();
    CAF_CHECK(mean > 100);
    CAF_CHECK(*std::min_element(done.begin(), done.end()) * 2 >= mean);
  }

  test::fake_cluster cluster;
  std::vector<caf::strong_actor_ptr> started;
  std::vector<std::uint64_t> done = std::vector<std::uint64_t>(crowd); ///< records, by client
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(crowd_tests, fixture)

CAF_TEST(a thousand producers get on alike and in bounded memory) {
  cluster.create("t", partitions);
  auto record = make_record(std::string(value_bytes, 'x'));
  for (int i = 0; i < crowd; ++i) {
    producer_options options;
    options.topic = "t";
    options.buffer_memory_bytes = producer_memory;
    auto mine = record;
    mine.partition = partition_id{i % partitions};
    auto producer = keep(*spawn_producer(sys, cluster.access(), options));
    keep(sys.spawn(eager_sender, producer, mine, &done[static_cast<std::size_t>(i)]));
  }
  auto total = [&] { return std::accumulate(done.begin(), done.end(), std::uint64_t{0}); };
  while (sched.has_job() && total() < 500'000) {
    for (int i = 0; i < 1000 && sched.has_job(); ++i)
      sched.run_once();
    for (int p = 0; p < partitions; ++p) // what is written need not be kept
      cluster.log("t", p).batches.clear();
  }
  check_fair();
}

CAF_TEST(a thousand consumers get on alike) {
  cluster.create("t", partitions);
  std::vector<std::string> values(200, std::string(value_bytes, 'x'));
  for (int p = 0; p < partitions; ++p)
    for (int i = 0; i < 20; ++i)
      cluster.log("t", p).append_direct(values);
  for (int i = 0; i < crowd; ++i) {
    consumer_options options;
    options.assignments = {{"t", partition_id{i % partitions}}};
    options.max_partition_fetch_bytes = 200'000;
    auto* mine = &done[static_cast<std::size_t>(i)];
    keep(*spawn_consumer(sys, cluster.access(), options, [mine](caf::actor_system& system) {
      return system.spawn([mine](batch_handler::pointer self) -> batch_handler::behavior_type {
        return {
            [mine, self](const handed_batch& batch) {
              *mine += batch.records.record_count();
              self->send(batch.from, batch_done{batch.id});
            },
            [](const partition_notice&) {},
        };
      });
    }));
  }
  // Stop in the middle: in the end all have everything.
  auto total = [&] { return std::accumulate(done.begin(), done.end(), std::uint64_t{0}); };
  while (sched.has_job() && total() < 2'000'000)
    for (int i = 0; i < 1000 && sched.has_job(); ++i)
      sched.run_once();
  check_fair();
  sched.run();
  CAF_CHECK_EQUAL(total(), 4'000'000u);
}

CAF_TEST_FIXTURE_SCOPE_END()
