// The node's end of simulated connections: kafka::session, as kafka_listener and connection host it, but fed
// from a pipe in memory instead of a socket.
#pragma once

#include "actors/node/node_supervisor.hpp"
#include "runtime/base/random.hpp"

#include <memory>
#include <vector>

#include <caf/all.hpp>

namespace troupe::simulation {

/// A connection: bytes on their way.
struct pipe {
  explicit pipe(std::uint64_t seed) : random(seed) {}

  std::vector<char> to_node;
  std::vector<char> to_client;
  bool client_gone = false;
  bool node_gone = false;
  random_source random; ///< of the pieces in which bytes arrive
  caf::actor node;      ///< who is told pipe_moved; null until the node has taken the connection
};

using pipe_ptr = std::shared_ptr<pipe>;

/// A client connects. Its pipe is closed if the node does not take it.
struct open_pipe {
  pipe_ptr connection;
};

/// One of the node's partitions dies as if by an unexpected error, or the manager of all; `dice` chooses which.
struct kill_partition {
  std::uint64_t dice = 0;
};

/// The pipe has news: bytes, or its client has gone.
struct pipe_moved {};

/// INTERNAL: the connection to itself.
struct pipe_tick {};

using front_actor = caf::typed_actor<caf::reacts_to<open_pipe>, caf::reacts_to<kill_partition>,
                                     caf::reacts_to<view_update>>;
using pipe_actor = session_client::extend<caf::reacts_to<pipe_moved>, caf::reacts_to<pipe_tick>>;

struct front_state {
  static inline const char* name = "front";

  front_state() = default; // no aggregate: CAF would pass itself as the first member

  kafka::session_environment environment;
  view_ptr view;
  partition_manager_actor manager;
  std::vector<pipe_actor> connections;
};

/// Takes the place of the Kafka listener of a node that has none. Told to exit, it takes its connections
/// along.
front_actor::behavior_type front(front_actor::stateful_pointer<front_state> self, const node_access& node);

} // namespace troupe::simulation

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::simulation::open_pipe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::simulation::kill_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::simulation::pipe_moved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::simulation::pipe_tick)
