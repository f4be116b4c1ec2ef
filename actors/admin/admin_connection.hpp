// One HTTP client: the CAF broker (I/O actor) around an http_session.
#pragma once

#include "actors/admin/http_session.hpp"
#include "actors/admin/pages.hpp"

#include <memory>

#include <caf/io/broker.hpp>

namespace troupe::admin {

/// INTERNAL: the listener's heartbeat to its connections: look for clients that are too slow.
struct admin_tick {};

struct admin_connection_state {
  static inline const char* name = "admin_connection";

  admin_connection_state() = default; // no aggregate: CAF would pass itself as the first member

  caf::io::connection_handle handle;
  caf::actor_addr listener;
  std::unique_ptr<http_session> core;
  admin_environment environment;
  pages_actor pages;
  std::uint64_t requests = 0; ///< so far: the number of the newest
  int ticks_to_close = -1;    ///< counts down once all is said
};

using admin_connection_actor = caf::stateful_actor<admin_connection_state, caf::io::broker>;

/// The behaviour of a connection that was just accepted. Ends with the listener.
caf::behavior admin_connection(admin_connection_actor* self, caf::io::connection_handle handle,
                               admin_environment environment, std::string listener_host, pages_actor pages,
                               const caf::actor& listener);

} // namespace troupe::admin

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::admin::admin_tick)
