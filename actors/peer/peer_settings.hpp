// How a node talks to the others of its cluster, and the one call that starts it.
#pragma once

#include "actors/peer/peer_metrics.hpp"
#include "actors/peer/tls.hpp"
#include "actors/peer/welcome.hpp"

#include <string>

namespace troupe::peer {

struct peer_timeouts {
  std::int64_t heartbeat_ms = 200;
  std::int64_t silence_ms = 1'000;  ///< after which a connection is cut
  std::int64_t connect_ms = 1'000;  ///< TCP
  std::int64_t greeting_ms = 1'000; ///< TLS and the greeting; again for CAF's handshake
  std::int64_t retry_first_ms = 20; ///< between attempts to connect, doubled each time
  std::int64_t retry_last_ms = 500;
  std::int64_t stop_ms = 500; ///< for what is on its way when the node stops
};

struct peer_settings {
  node_id self;
  peer_incarnation incarnation; ///< random for each process
  std::string cluster_id;       ///< empty: not known yet; then every cluster is taken for the own one
  std::string host = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: the system chooses
  /// Without, nodes talk on loopback addresses only.
  tls_files tls;
  peer_timeouts timeouts;
  peer_metrics_ptr metrics = std::make_shared<peer_metrics>();
  welcome_ptr welcome = std::make_shared<peer::welcome>(); ///< filled in
};

/// INTERNAL to whoever starts the gate: this node has learnt which cluster it belongs to. Those of others are cut off.
struct cluster_known {
  std::string cluster_id;
};

using started_gate_actor = peer_gate_actor::extend<caf::reacts_to<cluster_known>>;

struct started_peers {
  started_gate_actor gate; ///< what a node's actors are given as their peer_gate_actor
  std::uint16_t port;      ///< where it listens
};

/// For the configuration of the actor system that start_peers() will be given, which also needs caf::io::middleman.
void add_peer_messages(caf::actor_system_config& to);

/// Listens, and starts the gate. An error is one sentence, and says what to do about it. The gate is told to end by an
/// exit message, ends its links in order, and is gone within `timeouts.stop_ms` or little more; if it dies, its links die
/// with it, and it can be started again.
result<started_peers> start_peers(caf::actor_system& system, peer_settings settings);

} // namespace troupe::peer

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::cluster_known)
