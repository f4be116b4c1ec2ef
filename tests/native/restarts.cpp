#define CAF_SUITE restarts
#include "caf/test/unit_test.hpp"

#include "actors/node/embedded_node.hpp"
#include "actors/node/node_system.hpp"
#include "actors/remote/remote_cluster.hpp"
#include "runtime/base/random.hpp"
#include "tests/native/load.hpp"
#include "tests/remote/relay.hpp"

#include <filesystem>
#include <thread>

#include <stdlib.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr int restarts = 10;
constexpr std::size_t cuts = 100;

/// A real node under load: from its own process, or through a gateway and a relay.
struct fixture {
  fixture() : node(node_options()), system(config) { CAF_REQUIRE(node.start()); }
  ~fixture() {
    static_cast<void>(node.stop()); // else it still writes into what is removed
    std::filesystem::remove_all(path);
  }

  static std::string new_folder() {
    char name[] = "/tmp/troupe-native-XXXXXX";
    CAF_REQUIRE(::mkdtemp(name) != nullptr);
    return name;
  }

  embedded_options node_options() const {
    embedded_options wanted;
    wanted.data_directory = path + "/data";
    wanted.listen = true;
    wanted.log_level = "error";
    wanted.node.num_partitions = test::load_partitions;
    wanted.node.listeners[0].port = inside;
    wanted.node.listeners[0].advertised_port = outside;
    wanted.node.journal_file_bytes = 32 << 20;
    return wanted;
  }

  void begin(caf::actor_system& where, const cluster_access& cluster) {
    auto options = test::producer_settings();
    options.allow_auto_create_topics = true;
    options.max_block_ms = 30'000;
    auto made = client::spawn_producer(where, cluster, options);
    CAF_REQUIRE(made);
    producer = *made;
    sender = where.spawn(test::sender, producer, facts, std::chrono::microseconds{200});
    auto reading =
        client::spawn_consumer(where, cluster, test::consumer_settings(*facts), [this](caf::actor_system& s) {
          return client::batch_handler{s.spawn(test::watcher, facts)};
        });
    CAF_REQUIRE(reading);
    consumer = *reading;
  }

  template <class F>
  bool wait_until(F&& done, std::chrono::milliseconds limit = 60s) {
    for (auto end = std::chrono::steady_clock::now() + limit; !done();) {
      if (std::chrono::steady_clock::now() > end || !facts->trouble().empty())
        return done();
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  void live() {
    auto before = facts->seen();
    CAF_REQUIRE(wait_until([&] { return facts->seen() > before; }));
    std::this_thread::sleep_for(std::chrono::milliseconds{random.below(30)});
  }

  void finish(caf::actor_system& where) {
    std::uint64_t sent = 0;
    {
      caf::scoped_actor self{where};
      self->request(sender, caf::infinite, test::stop_sending{})
          .receive([&](std::uint64_t n) { sent = n; }, [](const caf::error&) {});
    }
    CAF_CHECK(wait_until([&] { return facts->reported() >= sent; }));
    CAF_CHECK(wait_until([&] { return facts->seen() >= sent; }));
    CAF_CHECK_EQUAL(facts->verdict(sent), "");
    CAF_CHECK(sent > 0);
    CAF_MESSAGE(sent << " records");
    caf::anon_send_exit(consumer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(producer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(sender, caf::exit_reason::user_shutdown);
    consumer = nullptr;
    producer = nullptr;
    sender = nullptr;
  }

  std::string path = new_folder();
  std::uint16_t inside = test::free_port();
  std::uint16_t outside = test::free_port();
  test::relay between{outside, inside};
  embedded_node node;
  node_system_config config;
  caf::actor_system system;
  random_source random{7};
  std::shared_ptr<test::load_facts> facts = std::make_shared<test::load_facts>();
  client::producer_actor producer;
  client::consumer_actor consumer;
  test::load_sender sender;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(restarts_tests, fixture)

CAF_TEST(an embedded node is stopped and started) {
  begin(node.system(), node.access());
  for (int i = 0; i < restarts; ++i) {
    live();
    CAF_REQUIRE(node.stop());
    CAF_REQUIRE(node.start());
  }
  finish(node.system());
}

CAF_TEST(a node elsewhere is stopped and started) {
  remote::remote_cluster cluster{system, {.servers = {"127.0.0.1:" + std::to_string(outside)}}};
  begin(system, cluster.access());
  for (int i = 0; i < restarts; ++i) {
    live();
    CAF_REQUIRE(node.stop());
    CAF_REQUIRE(node.start());
  }
  finish(system);
}

CAF_TEST(a node elsewhere ends without order) {
  remote::remote_cluster cluster{system, {.servers = {"127.0.0.1:" + std::to_string(outside)}}};
  begin(system, cluster.access());
  for (int i = 0; i < restarts; ++i) {
    live();
    auto stopped = node.stop(0ms);
    CAF_CHECK(stopped || stopped.error() == errc::timed_out);
    CAF_REQUIRE(node.start());
  }
  finish(system);
}

CAF_TEST(all connections are cut a hundred times) {
  remote::remote_cluster cluster{system, {.servers = {"127.0.0.1:" + std::to_string(outside)}}};
  begin(system, cluster.access());
  std::size_t cut = 0;
  for (std::size_t i = 0; i < cuts; ++i) {
    live();
    cut += between.cut();
  }
  CAF_CHECK(cut > cuts); // now and then there is none at the moment
  finish(system);
}

CAF_TEST_FIXTURE_SCOPE_END()
