// Accepts the connections of Kafka clients on one address, and tells them of newer views.
#pragma once

#include "actors/kafka/connection.hpp"

#include <optional>
#include <set>

#include <caf/io/broker.hpp>

namespace troupe::kafka {

struct listener_settings {
  std::string host;
  std::uint16_t port = 0; ///< 0: the system chooses
  std::size_t connections_max = limits::connections_max;
};

/// Starts to listen. The answer is the port, or an error that names the address.
struct open_listener {};

/// INTERNAL: connections that are still open are closed now.
struct drain_over {};

struct listener_state {
  static inline const char* name = "kafka_listener";

  listener_state() = default; // no aggregate: CAF would pass itself as the first member

  listener_settings settings;
  session_environment environment;
  view_ptr view = std::make_shared<broker_view>();
  std::set<caf::actor> connections;
  std::uint64_t unreported_refusals = 0;
  std::optional<std::int64_t> refusals_reported_ns;
  std::optional<caf::io::accept_handle> doorman;
  bool draining = false;
};

using listener_actor = caf::stateful_actor<listener_state, caf::io::broker>;

/// Handles open_listener (answers uint16_t), view_update. When it is told to exit, connections answer what is under
/// way, for a second at the most, and are closed.
caf::behavior kafka_listener(listener_actor* self, listener_settings settings, session_environment environment);

} // namespace troupe::kafka

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::kafka::open_listener)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::kafka::drain_over)
