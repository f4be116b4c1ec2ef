#define CAF_SUITE embedded_node
#include "caf/test/unit_test.hpp"

#include "actors/node/embedded_node.hpp"
#include "actors/node/node_system.hpp"
#include "tests/remote/asker.hpp"
#include "tests/remote/relay.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <caf/all.hpp>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct fixture {
  fixture() {
    char name[] = "/tmp/troupe-embedded-XXXXXX";
    CAF_REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~fixture() { std::filesystem::remove_all(path); }

  embedded_options options() const {
    embedded_options wanted;
    wanted.data_directory = path + "/data";
    wanted.log_level = "error";
    wanted.node.journal_file_bytes = 32 << 20;
    return wanted;
  }

  std::string path;
};

/// A client of Kafka's, as simple as can be.
class client_socket {
public:
  explicit client_socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CAF_REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~client_socket() { ::close(fd_); }
  client_socket(const client_socket&) = delete;
  client_socket& operator=(const client_socket&) = delete;

  /// ApiVersions 0 is answered. False: the connection is closed.
  bool is_served() {
    constexpr char request[] = "\0\0\0\x0a\0\x12\0\0\0\0\0\1\xff\xff";
    if (::send(fd_, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
      return false;
    std::uint32_t size = 0;
    if (::recv(fd_, &size, sizeof size, MSG_WAITALL) != sizeof size)
      return false;
    std::string answer(ntohl(size), '\0');
    return ::recv(fd_, answer.data(), answer.size(), MSG_WAITALL) == static_cast<ssize_t>(answer.size());
  }

private:
  int fd_;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(embedded_node_tests, fixture)

CAF_TEST(a node on a system of its own) {
  embedded_node node{options()};
  CAF_CHECK(!node.is_running());
  CAF_CHECK(node.stop());
  auto started = node.start();
  CAF_REQUIRE_EQUAL(started ? "" : started.error().message(), "");
  CAF_CHECK(node.is_running());
  CAF_CHECK(node.start().error() == errc::in_use);
  test::asker asker{node.system(), node.access()};
  CAF_CHECK(asker.create("orders") == errc::none);
  CAF_CHECK_EQUAL(asker.append("orders", "one").base_offset.value(), 0);
  CAF_CHECK(node.stop());
  CAF_CHECK(!node.is_running());
}

CAF_TEST(a node on the system of somebody else without any socket) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  embedded_node node{system, options()};
  CAF_REQUIRE(node.start());
  CAF_CHECK(&node.system() == &system);
  test::asker asker{system, node.access()};
  CAF_CHECK(asker.create("orders") == errc::none);
  CAF_CHECK(asker.append("orders", "one").code == errc::none);
}

CAF_TEST(access stays good from life to life) {
  embedded_node node{options()};
  test::asker early{node.system(), node.access()};
  CAF_CHECK(early.create("orders") == errc::busy); // nobody is there yet
  CAF_REQUIRE(node.start());
  for (std::int64_t life = 0; life < 5; ++life) {
    auto made = early.create("orders");
    CAF_CHECK(made == (life == 0 ? errc::none : errc::topic_already_exists));
    CAF_CHECK_EQUAL(early.append("orders", "x").base_offset.value(), life);
    auto before = early.partition("orders");
    CAF_REQUIRE(node.stop());
    CAF_CHECK(early.create("more") == errc::busy);
    CAF_REQUIRE(node.start());
    CAF_CHECK(early.partition("orders") != before);
  }
}

CAF_TEST(what cannot be started is said in one sentence) {
  embedded_node node{options()};
  CAF_REQUIRE(node.start());
  embedded_node second{options()};
  auto started = second.start();
  CAF_REQUIRE(!started);
  CAF_CHECK(started.error() == errc::in_use);
  CAF_CHECK(started.error().message().find(path) != std::string::npos);
  auto nowhere = options();
  std::ofstream{path + "/file"} << "not a folder";
  nowhere.data_directory = path + "/file" + "/data";
  embedded_node third{nowhere};
  CAF_CHECK(!third.start());
  CAF_CHECK(!third.is_running());
}

CAF_TEST(a node that waits for others gives up in time) {
  auto lonely = options();
  lonely.listen = true;
  for (std::int32_t id = 1; id <= 3; ++id)
    lonely.node.peers.push_back({id, "127.0.0.1", test::free_port()});
  lonely.node.voters = lonely.node.peers;
  lonely.node.node_id = 1;
  lonely.node.listeners[0].port = test::free_port();
  lonely.node.peer_listener = "127.0.0.1:" + std::to_string(lonely.node.peers[0].port);
  embedded_node node{lonely};
  for (auto again = 0; again < 2; ++again) {
    auto started = node.start(std::chrono::milliseconds{300});
    CAF_REQUIRE(!started);
    CAF_CHECK(started.error() == errc::timed_out);
    CAF_CHECK(started.error().message().find("300 ms") != std::string::npos);
    CAF_CHECK(!node.is_running());
  }
}

CAF_TEST(a port that is taken is said in one sentence) {
  auto port = test::free_port();
  test::relay taken{port, port};
  auto listening = options();
  listening.listen = true;
  listening.node.listeners[0].port = port;
  embedded_node node{listening};
  auto started = node.start();
  CAF_REQUIRE(!started);
  CAF_CHECK(started.error().detail.find(std::to_string(port)) != std::string::npos);
}

CAF_TEST(the number of connections is changed while they come) {
  auto listening = options();
  listening.listen = true;
  listening.node.listeners[0].port = test::free_port();
  embedded_node node{listening};
  CAF_REQUIRE(node.start());
  test::asker asker{node.system(), node.access()};
  auto set = [&](metadata::config_operation how) {
    metadata::altered_resource change{metadata::resource_kind::broker, "1", {{"max.connections", how, "1"}}};
    caf::anon_send(node.access().controller, controller_request{{1, 0}, metadata::alter_configs{{change}}, asker.self()});
    auto reply = asker.next<controller_reply>();
    CAF_REQUIRE(reply && reply->code == errc::none);
    CAF_REQUIRE(asker.wait_for_view(reply->version));
  };
  client_socket first{listening.node.listeners[0].port};
  client_socket second{listening.node.listeners[0].port};
  CAF_CHECK(first.is_served());
  CAF_CHECK(second.is_served());
  set(metadata::config_operation::set);
  // The listener hears of it when it gets its own view.
  auto newcomer_is_served = [&] { return client_socket{listening.node.listeners[0].port}.is_served(); };
  auto becomes = [&](bool wanted) {
    auto give_up_at = std::chrono::steady_clock::now() + 10s;
    while (newcomer_is_served() != wanted && std::chrono::steady_clock::now() < give_up_at)
      std::this_thread::sleep_for(1ms);
    return newcomer_is_served() == wanted;
  };
  CAF_CHECK(becomes(false));
  CAF_CHECK(first.is_served()); // who is there may stay
  CAF_CHECK(second.is_served());
  set(metadata::config_operation::remove);
  // With the two that are there, a third.
  CAF_CHECK(becomes(true));
}

CAF_TEST(listeners need a middleman) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  auto listening = options();
  listening.listen = true;
  embedded_node node{system, listening};
  CAF_CHECK(node.start().error() == errc::invalid_argument);
}

CAF_TEST(a stop without time is as a crash and nothing is lost) {
  embedded_node node{options()};
  CAF_REQUIRE(node.start());
  test::asker asker{node.system(), node.access()};
  CAF_REQUIRE(asker.create("orders") == errc::none);
  for (std::int64_t i = 0; i < 10; ++i) {
    CAF_REQUIRE_EQUAL(asker.append("orders", "x").base_offset.value(), i);
    auto stopped = node.stop(0ms);
    CAF_CHECK(stopped || stopped.error() == errc::timed_out);
    CAF_REQUIRE(node.start());
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
