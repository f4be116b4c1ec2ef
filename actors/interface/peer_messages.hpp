// What passes between nodes, and how the actors of one node hand it over and get it. Nobody but the peer gate and its
// links holds a handle of another node: everybody else names the node.
//
// A message arrives at most once, and those to one node in the order in which they were sent. What is sent to a node that
// is not connected is dropped: senders have their own deadlines, and hear of lost and new connections.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <caf/all.hpp>

namespace troupe {

/// Whom a message is for, on the other node.
enum class peer_service : std::uint8_t {
  raft = 0,        // members and observers of the metadata quorum: runtime/raft's messages
  controller = 1,  // questions to the active controller, and its answers
  replication = 2, // followers and leaders of partitions: runtime/replication's messages
  directory = 3,   // where the nodes of the cluster are: questions of those that join it, and the answers
};
constexpr std::size_t peer_service_count = 4;

/// Drawn at random by each process: a restarted node is never taken for the one before.
using peer_incarnation = named<struct peer_incarnation_tag, std::uint64_t>;

/// Sends to another node. `head` is the encoded message, `body` what it carries along uncopied: record batches.
struct peer_send {
  node_id to;
  peer_service service;
  bytes head;
  std::vector<bytes> body;
};

/// What another node sent; `body` is in one piece.
struct peer_received {
  node_id from;
  peer_incarnation incarnation;
  peer_service service;
  bytes head;
  bytes body;
};

/// A connection came or went. Between two of the same node with `connected` there is one without.
struct peer_status {
  node_id node;
  bool connected = false;
  peer_incarnation incarnation;
  /// Nobody listens at its address any more: the process is dead, not just silent.
  bool refused = false;
  std::string why; ///< one sentence, when not connected
  /// When a connection was lost: for how long nothing had been heard then; -1: there was none.
  std::int64_t silent_ms = -1;
};

/// The receiving side of whoever talks to other nodes.
using peer_client = caf::typed_actor<caf::reacts_to<peer_received>, caf::reacts_to<peer_status>>;

/// Asks for everything that arrives for this service, and for each peer_status, those of now included. Replaces the
/// subscriber of before.
struct peer_subscription {
  peer_service service;
  peer_client subscriber;
};

/// Where a node's peer listener is.
struct peer_address {
  node_id node;
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const peer_address&, const peer_address&) = default;
};

/// The peer listener of some node of the cluster, by which another one joins it.
struct seed_address {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const seed_address&, const seed_address&) = default;
};

/// Whom to be connected with, itself left out: replaces the list of before. Peers that dial in are welcome besides.
struct peers_wanted {
  /// A node may be there several times, one behind the other: then its addresses are tried in turn.
  std::vector<peer_address> peers;
  /// To be connected with whoever is there: one of them after the other until a list comes without.
  std::vector<seed_address> seeds = {};

  friend bool operator==(const peers_wanted&, const peers_wanted&) = default;
};

/// The one address that a node's actors send to when they mean another node.
using peer_gate_actor =
    caf::typed_actor<caf::reacts_to<peer_send>, caf::reacts_to<peer_subscription>, caf::reacts_to<peers_wanted>>;

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer_send)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer_subscription)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peers_wanted)
