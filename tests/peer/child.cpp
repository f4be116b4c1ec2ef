// peer-child NODE PORT: a node that says on standard output where it listens, sends back what it gets for `raft`, and ends
// with its standard input.
#include "tests/peer/peer_node.hpp"

#include <cstdio>
#include <cstdlib>

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

} // namespace

int main(int count, char** arguments) {
  if (count != 3)
    return 2;
  auto settings = settings_of(std::atoi(arguments[1]), static_cast<std::uint64_t>(::getpid()));
  settings.port = static_cast<std::uint16_t>(std::atoi(arguments[2]));
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
