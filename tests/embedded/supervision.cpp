#define CAF_SUITE supervision
#include "caf/test/unit_test.hpp"

#include "actors/node/command/http_get.hpp"
#include "actors/node/command/moment.hpp"
#include "actors/node/node_supervisor.hpp"
#include "actors/node/node_system.hpp"
#include "tests/remote/asker.hpp"
#include "tests/remote/relay.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

/// What the supervisor said, for the test's thread.
struct life_story {
  std::mutex mutex;
  std::condition_variable changed;
  int ready = 0;
  int restarting = 0;
  bool ended = false;
  std::string why;
  node_access access;

  template <class F>
  bool wait(F what) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, patience, [&] { return what(*this); });
  }
  template <class F>
  void change(F what) {
    std::lock_guard lock{mutex};
    what(*this);
    changed.notify_all();
  }
};

/// Looked at now and then, not all the time: those who make it true need the processor.
template <class F>
bool comes_true(F what) {
  for (auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;) {
    if (what())
      return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

/// A real node, its supervisor in the hands of the test.
struct fixture {
  fixture() : system(config) {
    char name[] = "/tmp/troupe-supervision-XXXXXX";
    CAF_REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
    config::node_options options;
    options.data_directory = path + "/data";
    options.journal_file_bytes = 32 << 20;
    options.admin_listener = "127.0.0.1:" + std::to_string(admin_port);
    options.listeners[0].port = port;
    node_ports ports{&storage::posix_file_system(), &clock, 7};
    auto parts = open_node(options, ports);
    CAF_REQUIRE(parts);
    node_events events;
    events.ready = [s = story](const node_access& access) {
      s->change([&](life_story& l) { ++l.ready, l.access = access; });
    };
    events.restarting = [s = story](const std::string&) { s->change([](life_story& l) { ++l.restarting; }); };
    events.ended = [s = story](const std::string& why) {
      s->change([&](life_story& l) { l.ended = true, l.why = why; });
    };
    supervisor = system.spawn(node_supervisor, std::make_shared<node_parts>(std::move(*parts)), events);
    CAF_REQUIRE(story->wait([](auto& l) { return l.ready == 1; }));
  }
  ~fixture() {
    story->change([](life_story& l) { l.access = {}; });
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
    caf::scoped_actor{system, true}->wait_for(supervisor);
    supervisor = nullptr;
    system.await_all_actors_done();
    std::filesystem::remove_all(path);
  }

  caf::strong_actor_ptr child(const std::string& name) {
    caf::strong_actor_ptr found;
    caf::scoped_actor self{system, true};
    self->request(supervisor, patience, find_child{name})
        .receive([&](caf::strong_actor_ptr& actor) { found = std::move(actor); }, [](const caf::error&) {});
    return found;
  }

  /// The child of that name dies, and another one takes its place.
  bool replaced(const std::string& name) {
    auto before = child(name);
    if (!before)
      return false;
    caf::anon_send_exit(before, caf::exit_reason::kill);
    return comes_true([&] {
      auto now = child(name);
      return now && now != before;
    });
  }

  bool can_connect() const {
    auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto connected = ::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    ::close(socket);
    return connected;
  }

  bool connects_again() const {
    return comes_true([&] { return can_connect(); });
  }

  /// What the node tells of this actor over HTTP: who ended, when and why, and who was started in its place.
  std::vector<nlohmann::json> events_of(const std::string& actor) const {
    std::vector<nlohmann::json> found;
    auto answer = command::http_get({"127.0.0.1", admin_port}, "/v1/events?limit=1000", command::monotonic_ms() + 5000);
    auto told = answer && answer->status == 200 ? nlohmann::json::parse(answer->body) : nlohmann::json{{"events", {}}};
    for (auto& event : told["events"])
      if (event["actor"] == actor)
        found.push_back(event);
    return found;
  }

  /// It tells that the actor was killed since `since_ms`, by whom it is watched, and that another took its place.
  void check_told(const std::string& actor, const std::string& supervisor, std::int64_t since_ms) const {
    CAF_REQUIRE(comes_true([&] { return events_of(actor).size() == 2; }));
    auto events = events_of(actor);
    for (auto& event : events) {
      CAF_CHECK_EQUAL(event["supervisor"], supervisor);
      auto when_ms = event["when_ms"].get<std::int64_t>();
      CAF_CHECK(since_ms <= when_ms && when_ms <= clock.wall().value());
    }
    CAF_CHECK_EQUAL(events[0]["what"], "ended");
    CAF_CHECK(events[0]["why"].get<std::string>().find("kill") != std::string::npos);
    CAF_CHECK(events[0]["restart_in_ms"].get<std::int64_t>() >= 0);
    CAF_CHECK_EQUAL(events[1]["what"], "restarted");
  }

  cluster_access access() {
    std::lock_guard lock{story->mutex};
    return {story->access.partitions, story->access.sessions.controller, story->access.sessions.producer_ids};
  }

  std::string path;
  std::uint16_t port = test::free_port();
  std::uint16_t admin_port = test::free_port();
  system_clock clock;
  node_system_config config;
  caf::actor_system system;
  std::shared_ptr<life_story> story = std::make_shared<life_story>();
  node_supervisor_actor supervisor;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(supervision_tests, fixture)

CAF_TEST(a listener that dies listens again) {
  CAF_REQUIRE(can_connect());
  CAF_CHECK(replaced("kafka_listener"));
  CAF_CHECK(connects_again());
  CAF_CHECK_EQUAL(story->restarting, 0);
}

CAF_TEST(who was restarted and when and why is told over HTTP) {
  auto since_ms = clock.wall().value();
  CAF_CHECK(replaced("kafka_listener"));
  check_told("kafka_listener", "node_supervisor", since_ms);
  test::asker asker{system, access()};
  CAF_REQUIRE(asker.create("orders") == errc::none);
  auto partition = asker.partition("orders");
  CAF_REQUIRE(partition);
  caf::anon_send_exit(partition, caf::exit_reason::kill);
  check_told("partition orders-0", "partition_manager", since_ms);
  CAF_CHECK(asker.append("orders", "one").code == errc::none);
}

CAF_TEST(who takes all others along is told too) {
  caf::anon_send_exit(child("controller"), caf::exit_reason::kill);
  CAF_REQUIRE(story->wait([](auto& l) { return l.ready == 2; }));
  CAF_REQUIRE(comes_true([&] { return !events_of("controller").empty(); }));
  auto ended = events_of("controller").front();
  CAF_CHECK_EQUAL(ended["what"], "ended");
  CAF_CHECK_EQUAL(ended["supervisor"], "node_supervisor");
  CAF_CHECK(ended["why"].get<std::string>().find("kill") != std::string::npos);
  CAF_CHECK(ended["restart_in_ms"].is_null()); // not alone
}

CAF_TEST(producer ids that die are given by their successor to whoever asked before) {
  CAF_CHECK(replaced("producer_ids"));
  test::asker asker{system, access()};
  caf::anon_send(access().producer_ids, producer_id_request{{}, asker.self()});
  auto given = asker.next<producer_id_reply>();
  CAF_REQUIRE(given);
  CAF_CHECK(given->code == errc::none && given->id != no_producer_id);
  CAF_CHECK_EQUAL(story->restarting, 0);
}

CAF_TEST(when the controller or another one that all need dies everything starts anew with all records) {
  {
    test::asker asker{system, access()};
    CAF_REQUIRE(asker.create("orders") == errc::none);
    CAF_REQUIRE(asker.append("orders", "one").code == errc::none);
  }
  int ready = 1;
  for (auto* name : {"controller", "metadata_cache", "partition_manager"}) {
    auto doomed = child(name);
    CAF_REQUIRE(doomed != nullptr);
    caf::anon_send_exit(doomed, caf::exit_reason::kill);
    ++ready;
    CAF_REQUIRE(story->wait([&](auto& l) { return l.ready == ready; }));
    CAF_CHECK(connects_again());
    test::asker asker{system, access()};
    CAF_CHECK_EQUAL(asker.append("orders", "more").base_offset.value(), ready - 1);
  }
  CAF_CHECK_EQUAL(story->restarting, 3);
  CAF_CHECK(!story->ended);
}

CAF_TEST(who writes to the disk takes the node along) {
  auto doomed = child("disk");
  CAF_REQUIRE(doomed != nullptr);
  caf::anon_send_exit(doomed, caf::exit_reason::kill);
  CAF_CHECK(story->wait([](auto& l) { return l.ended; }));
  CAF_CHECK(story->why.find("disk ended") == 0);
  CAF_CHECK_EQUAL(story->restarting, 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
