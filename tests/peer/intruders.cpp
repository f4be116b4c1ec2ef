#define CAF_SUITE intruders

#include "actors/peer/greeting.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/random.hpp"
#include "tests/peer/peer_node.hpp"
#include "tests/peer/raw_client.hpp"

#include "caf/test/unit_test.hpp"

#include <atomic>
#include <thread>

using namespace troupe;
using namespace troupe::peer;
using namespace std::chrono_literals;

namespace {

greeting greeting_of(int node) {
  return {node_id{node}, node_id{-1}, peer_incarnation{5}, 99, "test", "not a machine"};
}

bool still_serves(peer_node& node) {
  peer_node other{settings_of(7)};
  other.want({node.address()});
  return other.in().wait_for(node.id(), true) && node.in().wait_for(other.id(), true);
}

/// CAF's own bytes for the name of a process.
std::string machine_id(caf::actor_system& system) {
  std::vector<char> raw;
  caf::binary_serializer sink{system, raw};
  auto name = system.node();
  static_cast<void>(sink(name));
  return {raw.begin(), raw.end()};
}

} // namespace

CAF_TEST(bytes that are no greeting are refused and cost nothing) {
  peer_node node{settings_of(1)};
  random_source random{1};
  CAF_REQUIRE(still_serves(node));
  auto before = resident_bytes();
  for (int i = 0; i < 2000; ++i) {
    raw_client client{node.port()};
    CAF_REQUIRE(client.connected());
    std::string garbage(random.below(4096) + 4, 0);
    for (auto& byte : garbage)
      byte = static_cast<char>(random.next());
    garbage[0] |= 1; // announces more than any greeting has
    client.send(garbage);
  }
  raw_client last{node.port()};
  last.send("GET / HTTP/1.1\r\n\r\n");
  CAF_CHECK(last.is_closed());
  CAF_CHECK(resident_bytes() < before + 16 * limits::mib);
  CAF_CHECK(node.metrics().refused.value() > 1000u);
  CAF_CHECK(still_serves(node));
}

CAF_TEST(greetings with random bytes changed are refused or answered and nothing else) {
  peer_node node{settings_of(1)};
  random_source random{2};
  for (int i = 0; i < 500; ++i) {
    raw_client client{node.port()};
    auto frame = encode(greeting_of(static_cast<int>(random.below(5))));
    for (auto flips = random.below(4) + 1; flips > 0; --flips)
      frame[random.below(frame.size())] ^= static_cast<char>(1 << random.below(8));
    client.send(frame);
  }
  CAF_CHECK(still_serves(node));
}

CAF_TEST(another version is answered with a sentence) {
  peer_node node{settings_of(1)};
  raw_client client{node.port()};
  auto frame = encode(greeting_of(2));
  frame[greeting_frame_header_bytes + 5] = 7;
  client.send(frame);
  auto said = decode_verdict(client.read_frame());
  CAF_REQUIRE(said);
  CAF_CHECK(said->code == verdict_code::refused);
  CAF_CHECK(said->sentence.find("version 7") != std::string::npos);
  CAF_CHECK(client.is_closed());
}

CAF_TEST(who connects and says nothing is closed and cannot keep others out) {
  auto settings = settings_of(1);
  settings.timeouts.greeting_ms = 200;
  peer_node node{settings};
  std::vector<raw_client> idle;
  for (int i = 0; i < 300; ++i)
    idle.emplace_back(node.port());
  for (auto& client : idle)
    CAF_REQUIRE(client.is_closed());
  CAF_CHECK(still_serves(node));
}

CAF_TEST(who greets and does not go on is closed) {
  auto settings = settings_of(1);
  settings.timeouts.greeting_ms = 200;
  peer_node node{settings};
  raw_client client{node.port()};
  auto greeting = greeting_of(2);
  greeting.machine_id = machine_id(node.system());
  client.send(encode(greeting));
  auto said = decode_verdict(client.read_frame());
  CAF_REQUIRE(said);
  CAF_CHECK(said->code == verdict_code::refused); // it claims to be this very process
  raw_client second{node.port()};
  peer_system_config config;
  caf::actor_system elsewhere{config};
  greeting.machine_id = machine_id(elsewhere);
  second.send(encode(greeting));
  said = decode_verdict(second.read_frame());
  CAF_REQUIRE(said);
  CAF_CHECK(said->code == verdict_code::welcome);
  CAF_CHECK(second.is_closed());
  CAF_CHECK(still_serves(node));
}

CAF_TEST(a flood of silent connections does not keep a node out) {
  peer_node node{settings_of(1)};
  std::atomic<bool> flooding{true};
  std::thread flood{[&] {
    std::vector<raw_client> silent;
    while (flooding) {
      silent.emplace_back(node.port());
      if (silent.size() > 400)
        silent.clear();
    }
  }};
  for (int i = 0; i < 5; ++i)
    CAF_CHECK(still_serves(node));
  flooding = false;
  flood.join();
}

CAF_TEST(a frame of four gigabytes behind a good greeting is not believed) {
  peer_node node{settings_of(1)};
  CAF_REQUIRE(still_serves(node));
  auto before = resident_bytes();
  peer_system_config config;
  caf::actor_system elsewhere{config};
  auto greeting = greeting_of(2);
  greeting.machine_id = machine_id(elsewhere);
  raw_client client{node.port()};
  client.send(encode(greeting));
  auto said = decode_verdict(client.read_frame());
  CAF_REQUIRE(said);
  CAF_REQUIRE(said->code == verdict_code::welcome);
  client.send(encode_commit());
  std::vector<char> header;
  write_cursor out{header};
  out.number(std::uint32_t{0x02000000}); // a direct message
  out.number(std::uint32_t{0xffffffff}); // of so many bytes
  for (auto field : {0u, 0u, 6u})
    out.number(std::uint64_t{field});
  client.send(header);
  CAF_CHECK(client.is_closed());
  CAF_CHECK(resident_bytes() < before + 16 * limits::mib);
  CAF_CHECK(still_serves(node));
}
