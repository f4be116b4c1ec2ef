#include "actors/node/node_system.hpp"

#include "actors/peer/peer_settings.hpp"
#include "actors/scheduler/standby_sharing.hpp"

#include <algorithm>
#include <thread>

#include <caf/io/middleman.hpp>

namespace troupe {

node_system_config::node_system_config() {
  load<caf::io::middleman>();
  peer::add_peer_messages(*this);
  // Sharing one queue costs less CPU and wakes faster than stealing on few cores; connections and disks have
  // threads of their own.
  load<standby_coordinator>();
  auto cores = std::max(2u, std::thread::hardware_concurrency());
  set("scheduler.max-threads", cores - 1 + standby_threads);
  set("middleman.workers", std::size_t{0});
}

} // namespace troupe
