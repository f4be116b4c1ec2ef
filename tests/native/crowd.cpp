#define CAF_SUITE crowd
#include "caf/test/unit_test.hpp"

#include "actors/client/consumer.hpp"
#include "actors/client/producer.hpp"
#include "actors/node/embedded_node.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <caf/all.hpp>
#include <stdlib.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr int crowd = 1'000; ///< producers, and as many consumers
constexpr std::int32_t partitions = 10;
constexpr std::size_t value_bytes = 1'000;
/// Records, of all together: a producer has 46 of them under way, so the differences do not come from these.
constexpr std::uint64_t enough = 300 * crowd;
constexpr std::size_t producer_memory = 64 * limits::kib;
constexpr std::size_t consumer_memory = 128 * limits::kib;
/// The node's own: its journal and its cache, and what threads and actors take.
constexpr std::size_t node_memory = 200 * limits::mib;

using counters = std::vector<std::atomic<std::uint64_t>>; ///< records, by client

/// Of this process, now.
std::size_t resident_bytes() {
  std::ifstream facts{"/proc/self/statm"};
  std::size_t total = 0;
  std::size_t resident = 0;
  facts >> total >> resident;
  return resident * 4096;
}

/// Always sends what it has credit for.
caf::behavior eager_sender(caf::event_based_actor* self, client::producer_actor producer, client::new_record record,
                           std::atomic<std::uint64_t>* written) {
  auto me = caf::actor_cast<client::delivery_listener>(self);
  self->send(producer, client::join_sender{me});
  auto cost = client::credit_cost_bytes(record);
  return {[=, credit = std::size_t{0}, next = std::uint64_t{0}](const client::delivery_report& report) mutable {
    for (auto& part : report.deliveries)
      if (part.is_written())
        *written += part.count;
    std::vector<client::new_record> records((credit += report.credit_bytes) / cost, record);
    credit -= records.size() * cost;
    auto first = next;
    next += records.size();
    if (!records.empty())
      self->send(producer, client::send_records{first, std::move(records), caf::actor_cast<client::delivery_listener>(self)});
  }};
}

client::batch_handler::behavior_type counter(client::batch_handler::pointer self, std::atomic<std::uint64_t>* read) {
  return {
      [=](const client::handed_batch& batch) {
        *read += batch.records.record_count();
        self->send(batch.from, client::batch_done{batch.id});
      },
      [](const client::partition_notice&) {},
  };
}

struct fixture {
  fixture() : node(options()) {
    CAF_REQUIRE(node.start());
    before = resident_bytes();
  }
  ~fixture() {
    for (auto& one : clients)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    clients.clear();
    static_cast<void>(node.stop());
    std::filesystem::remove_all(path);
  }

  embedded_options options() const {
    embedded_options wanted;
    wanted.data_directory = path + "/data";
    wanted.log_level = "error";
    wanted.node.num_partitions = partitions;
    wanted.node.journal_file_bytes = 32 << 20;
    wanted.node.cache_bytes = 32 << 20;
    return wanted;
  }

  void produce(int which) {
    client::producer_options wanted;
    wanted.topic = "t";
    wanted.allow_auto_create_topics = true;
    wanted.max_block_ms = 60'000;
    wanted.buffer_memory_bytes = producer_memory;
    wanted.batch_size_bytes = 16 * limits::kib;
    auto record = client::make_record(std::string(value_bytes, 'x'));
    record.partition = partition_id{which % partitions};
    auto producer = *client::spawn_producer(node.system(), node.access(), wanted);
    auto* mine = &written[static_cast<std::size_t>(which)];
    clients.push_back(node.system().spawn(eager_sender, producer, std::move(record), mine));
    clients.push_back(caf::actor_cast<caf::actor>(producer));
  }

  void consume(int which) {
    client::consumer_options wanted;
    wanted.assignments = {{"t", partition_id{which % partitions}}};
    wanted.max_partition_fetch_bytes = consumer_memory / 2;
    wanted.buffer_memory_bytes = consumer_memory;
    wanted.max_unanswered_bytes = consumer_memory;
    auto* mine = &read[static_cast<std::size_t>(which)];
    auto consumer = *client::spawn_consumer(node.system(), node.access(), wanted,
                                            [mine](caf::actor_system& s) { return s.spawn(counter, mine); });
    clients.push_back(caf::actor_cast<caf::actor>(consumer));
  }

  template <class F>
  bool wait_until(F&& done) {
    for (auto end = std::chrono::steady_clock::now() + 100s; !done();) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      highest = std::max(highest, resident_bytes());
      std::this_thread::sleep_for(2ms);
    }
    return true;
  }

  static std::vector<std::uint64_t> copy_of(const counters& all) { return {all.begin(), all.end()}; }

  static void check_fair(const char* who, const counters& now, const std::vector<std::uint64_t>& then) {
    auto done = copy_of(now);
    std::transform(done.begin(), done.end(), then.begin(), done.begin(), std::minus{});
    auto mean = std::accumulate(done.begin(), done.end(), std::uint64_t{0}) / done.size();
    auto slowest = *std::min_element(done.begin(), done.end());
    CAF_MESSAGE(who << ": " << mean << " records in the mean, the slowest " << slowest);
    CAF_CHECK(mean > 0);
    CAF_CHECK(slowest * 2 >= mean);
  }

  std::string path = [] {
    char name[] = "/tmp/troupe-crowd-XXXXXX";
    CAF_REQUIRE(::mkdtemp(name) != nullptr);
    return std::string{name};
  }();
  counters written = counters(crowd);
  counters read = counters(crowd);
  embedded_node node;
  std::vector<caf::actor> clients;
  std::size_t before = 0;
  std::size_t highest = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(crowd_tests, fixture)

CAF_TEST(a thousand producers and a thousand consumers on a node get on alike in bounded memory) {
  for (int i = 0; i < crowd; ++i) {
    produce(i);
    consume(i);
  }
  auto all_began = [](const counters& of) { return std::all_of(of.begin(), of.end(), [](auto& n) { return n > 0; }); };
  CAF_REQUIRE(wait_until([&] { return all_began(written) && all_began(read); }));
  auto written_before = copy_of(written);
  auto read_before = copy_of(read);
  auto begin = std::accumulate(written.begin(), written.end(), std::uint64_t{0});
  CAF_CHECK(wait_until([&] { return std::accumulate(written.begin(), written.end(), std::uint64_t{0}) >= begin + enough; }));
  check_fair("producers", written, written_before);
  check_fair("consumers", read, read_before);
  CAF_MESSAGE((highest - before) / limits::mib << " MiB more than before");
  CAF_CHECK(highest - before < crowd * (producer_memory + 2 * consumer_memory) + node_memory);
}

CAF_TEST_FIXTURE_SCOPE_END()
