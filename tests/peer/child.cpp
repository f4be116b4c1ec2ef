// peer-child NODE PORT: a node that says on standard output where it listens, sends back what it gets for `raft`, and ends
// with its standard input.
#include "tests/peer/peer_node.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <spdlog/spdlog.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::peer;

namespace {

peer_client::behavior_type send_back(peer_client::pointer, started_gate_actor gate) {
  return {
      [gate](const peer_received& m) { caf::anon_send(gate, peer_send{m.from, m.service, m.head, {m.body}}); },
      [](const peer_status&) {},
  };
}

template <class Number>
Number number_in(const char* text) {
  Number number = 0;
  std::from_chars(text, text + std::strlen(text), number);
  return number;
}

} // namespace

int main(int count, char** arguments) {
  if (count != 3)
    return 2;
  auto settings = settings_of(number_in<int>(arguments[1]), static_cast<std::uint64_t>(::getpid()));
  settings.port = number_in<std::uint16_t>(arguments[2]);
  spdlog::set_level(spdlog::level::off); // standard output is for the port
  peer_system_config config;
  caf::actor_system system{config};
  auto started = start_peers(system, settings);
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().message().c_str());
    return 1;
  }
  caf::anon_send(started->gate, peer_subscription{peer_service::raft, system.spawn(send_back, started->gate)});
  std::printf("%d\n", started->port);
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  std::_Exit(0);
}
