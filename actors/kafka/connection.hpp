// One client connection: the CAF broker (I/O actor) around a session. It reads at most what the session wants, writes
// what the session has ready, and closes hard when either side breaks a rule or goes quiet.
#pragma once

#include "actors/kafka/session.hpp"

#include <caf/io/broker.hpp>

namespace troupe::kafka {

/// INTERNAL: the listener's heartbeat to its connections: look for clients and requests that take too long.
struct connection_tick {};
/// INTERNAL: a connection that was halted looks whether it may go on.
struct connection_resume {};
/// INTERNAL: the node stops: read no more, answer what is under way, and close.
struct connection_drain {};

struct connection_state {
  static inline const char* name = "connection";

  connection_state() = default; // no aggregate: CAF would pass itself as the first member

  caf::io::connection_handle handle;
  caf::actor_addr listener;
  std::unique_ptr<session> core;
  metrics::connection_table::entry entry;
  bool has_name = false; ///< the entry
  std::size_t read_size_bytes = 0;
  bool halted = false;
  bool resume_sent = false;
  bool draining = false;
  std::int64_t last_moved_ns = 0; ///< the last byte, in or out
};

using connection_actor = caf::stateful_actor<connection_state, caf::io::broker>;

/// The behaviour of a connection that was just accepted. `environment.self` is filled in here. Ends with the listener.
caf::behavior connection(connection_actor* self, caf::io::connection_handle handle, session_environment environment,
                         view_ptr view, const caf::actor& listener);

} // namespace troupe::kafka

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::kafka::connection_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::kafka::connection_resume)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::kafka::connection_drain)
