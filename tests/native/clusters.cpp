#define CAF_SUITE clusters
#include "caf/test/unit_test.hpp"

#include "actors/node/embedded_node.hpp"
#include "tests/native/load_run.hpp"
#include "tests/remote/asker.hpp"
#include "tests/remote/relay.hpp"

#include <algorithm>
#include <filesystem>
#include <future>
#include <optional>

#include <stdlib.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr std::int32_t nodes = 3;

/// Three real nodes in one process, each on an actor system of its own; the load runs on the first one's.
struct fixture : test::load_run {
  fixture() {
    for (std::int32_t id = 1; id <= nodes; ++id)
      peers.push_back({id, "127.0.0.1", test::free_port()});
    for (std::int32_t id = 1; id <= nodes; ++id)
      node(id).emplace(options_of(id));
    // A cluster begins once all its controllers are there.
    std::vector<std::future<result<void>>> started;
    for (auto& one : members)
      started.push_back(std::async(std::launch::async, [&one] { return one->start(60s); }));
    for (auto& one : started) {
      auto done = one.get();
      CAF_REQUIRE_EQUAL(done ? "" : done.error().message(), "");
    }
  }
  ~fixture() {
    members.clear();
    std::filesystem::remove_all(path);
  }

  std::optional<embedded_node>& node(std::int32_t id) { return members[static_cast<std::size_t>(id - 1)]; }

  embedded_options options_of(std::int32_t id) const {
    embedded_options wanted;
    wanted.data_directory = path + "/" + std::to_string(id);
    wanted.listen = true;
    wanted.log_level = "error";
    auto& own = wanted.node;
    own.node_id = id;
    own.listeners[0].port = test::free_port();
    own.peer_listener = "127.0.0.1:" + std::to_string(peers[static_cast<std::size_t>(id - 1)].port);
    own.voters = own.peers = peers;
    own.num_partitions = test::load_partitions;
    own.default_replication_factor = nodes;
    own.journal_file_bytes = 32 << 20;
    return wanted;
  }

  /// By partition; -1: nobody.
  std::vector<std::int32_t> leaders() {
    std::vector<std::int32_t> found;
    auto view = watcher->view();
    if (auto* topic = view->image->find_topic("load"))
      for (auto& partition : topic->partitions)
        found.push_back(partition.leader.value());
    return found;
  }

  bool all_in_sync() {
    auto view = watcher->view();
    auto* topic = view->image->find_topic("load");
    return topic && std::all_of(topic->partitions.begin(), topic->partitions.end(), [&](auto& partition) {
             return partition.isr.size() == nodes && partition.leader.value() >= 0;
           });
  }

  bool reaches_all() {
    auto view = watcher->view();
    auto id = view->image->find_topic("load")->id;
    for (std::int32_t i = 0; i < test::load_partitions; ++i)
      if (!view->find(id, i))
        return false;
    return true;
  }

  std::string path = [] {
    char name[] = "/tmp/troupe-clusters-XXXXXX";
    CAF_REQUIRE(::mkdtemp(name) != nullptr);
    return std::string{name};
  }();
  std::vector<config::peer_endpoint> peers;
  std::vector<std::optional<embedded_node>> members{nodes};
  std::optional<test::asker> watcher;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(clusters_tests, fixture)

CAF_TEST(clients in one node reach every partition and ride through the loss of each leader) {
  auto& first = *node(1);
  watcher.emplace(first.system(), first.access());
  begin(first.system(), first.access());
  live();
  CAF_REQUIRE(wait_until([&] { return all_in_sync(); }));
  // Somebody else leads something, and the proxy for it is not the node's own partition.
  auto led = leaders();
  CAF_CHECK(std::count(led.begin(), led.end(), 1) < test::load_partitions);
  CAF_CHECK(wait_until([&] { return reaches_all(); }));
  for (auto round = 0; round < 3; ++round)
    for (auto id : {2, 3}) {
      live();
      static_cast<void>(node(id)->stop(round == 0 ? 30s : 0ms)); // in order, and as by a crash
      auto seen = facts->seen();
      CAF_REQUIRE(wait_until([&] { return facts->seen() > seen + 100; }));
      CAF_REQUIRE(node(id)->start());
      CAF_REQUIRE(wait_until([&] { return all_in_sync(); }));
    }
  finish(first.system());
  watcher.reset();
}

CAF_TEST(what the own node led is led elsewhere while it restarts) {
  auto& first = *node(1);
  watcher.emplace(node(2)->system(), node(2)->access());
  begin(first.system(), first.access());
  for (auto round = 0; round < 3; ++round) {
    live();
    CAF_REQUIRE(wait_until([&] { return all_in_sync(); }));
    CAF_REQUIRE(first.stop());
    CAF_REQUIRE(first.start());
  }
  finish(first.system());
  watcher.reset();
}

CAF_TEST_FIXTURE_SCOPE_END()
