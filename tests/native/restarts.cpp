#define CAF_SUITE restarts
#include "caf/test/unit_test.hpp"

#include "actors/node/embedded_node.hpp"
#include "actors/node/node_system.hpp"
#include "actors/remote/remote_cluster.hpp"
#include "tests/native/load_run.hpp"
#include "tests/remote/relay.hpp"

#include <filesystem>

#include <stdlib.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr int restarts = 10;
constexpr std::size_t cuts = 100;

/// A real node under load: from its own process, or through a gateway and a relay.
struct fixture : test::load_run {
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

  std::string path = new_folder();
  std::uint16_t inside = test::free_port();
  std::uint16_t outside = test::free_port();
  test::relay between{outside, inside};
  embedded_node node;
  node_system_config config;
  caf::actor_system system;
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
