// Serves health, metrics, JSON and the dashboard over HTTP on one address.
#pragma once

#include "actors/admin/admin_connection.hpp"

#include <optional>
#include <set>

namespace troupe::admin {

struct admin_settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9644; ///< 0: the system chooses
  std::size_t connections_max = 64;
};

/// Starts to listen. The answer is the port, or an error.
struct open_admin_listener {};

struct admin_listener_state {
  static inline const char* name = "admin_listener";

  admin_listener_state() = default; // no aggregate: CAF would pass itself as the first member

  admin_settings settings;
  admin_environment environment;
  pages_actor pages;
  std::set<caf::actor> connections;
  std::optional<caf::io::accept_handle> doorman;
  std::optional<caf::error> ends_with; ///< set: it ends once its connections have
};

using admin_listener_actor = caf::stateful_actor<admin_listener_state, caf::io::broker>;

/// Handles open_admin_listener (answers uint16_t), view_update. If whoever makes its pages ends, so does it.
caf::behavior admin_listener(admin_listener_actor* self, admin_settings settings, admin_environment environment);

} // namespace troupe::admin

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::admin::open_admin_listener)
