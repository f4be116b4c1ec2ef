// What the controller and the driver of its log say to each other.
#pragma once

#include "actors/interface/controller_messages.hpp"
#include "actors/interface/peer_messages.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/raft/core.hpp"

#include <optional>
#include <vector>

namespace troupe {

/// The consensus core's unit of time.
constexpr std::int64_t raft_tick_ms = 50;

/// A batch of metadata records for the log. Proposals of one node are committed in the order in which they were made.
struct raft_proposal {
  bytes payload;
};

/// What the log says, in order. The first one a controller gets is the newest snapshot, or an empty one.
struct raft_committed {
  std::vector<raft::entry> entries;
};
struct raft_snapshot {
  raft::snapshot snapshot; ///< index 0: there is none
};

/// Whether this node leads the quorum, and everything that its predecessors committed has been handed over.
struct raft_leadership {
  bool leading = false;
};

/// Who leads the quorum as far as this node knows, whether or not it is itself ready to decide; no_node: nobody.
struct quorum_leader {
  node_id leader = raft::no_node;
  raft::term term;
  bool awaits_vote = false; ///< this node's own vote does not count yet: a loss of others may be one too many
};

using quorum_subscriber = caf::typed_actor<caf::reacts_to<quorum_leader>>;

/// Asks the driver for a quorum_leader now and at each change.
struct quorum_subscription {
  quorum_subscriber subscriber;
};

/// What a quorum_question is answered with. Only the leader knows of observers, and how far the others are.
struct quorum_view {
  request_tag tag;
  quorum_leader leader;
  raft::log_index committed;
  raft::log_index last;
  std::vector<raft::member_progress> nodes;
};

using quorum_client = caf::typed_actor<caf::reacts_to<quorum_view>>;

struct quorum_question {
  request_tag tag;
  quorum_client reply_to;
};

/// Answers quorum_change: it is committed, or under way where only that was asked for (none); or why not.
struct quorum_change_reply {
  request_tag tag;
  errc code = errc::none; ///< not_leader, busy: try again; already_exists, not_found, invalid_argument
  std::string why;
};

using quorum_change_client = caf::typed_actor<caf::reacts_to<quorum_change_reply>>;

/// Makes an observer a voter, or takes its vote from a voter. Only where the quorum's leader is.
struct quorum_change {
  request_tag tag;
  node_id node;
  bool adds = true;
  quorum_change_client reply_to;
  raft::disk_id disk{};       ///< if it is given, it must be the node's
  bool when_committed = true; ///< the answer
};

/// Before a clean stop: another voter is to lead the quorum, if this node does.
struct hand_over_quorum {};

/// The state after the entry at this index, so that the log may be cut there.
struct snapshot_taken {
  raft::position at;
  bytes state;
};

/// To the controller: another node's process is gone for sure, this incarnation of it; nothing: whichever there was, since
/// this node has never been connected with it.
struct process_ended {
  node_id node;
  std::optional<std::uint64_t> incarnation;
};

/// To the controller: there is a connection with the node, or nothing has been heard of it for so long.
struct node_heard {
  node_id node;
  bool connected = false;
  std::int64_t silent_ms = 0;
};

/// INTERNAL: a broker may have been silent for too long; leaders may be better placed.
struct broker_watch_due {
  std::int64_t at_ms = 0; ///< which alarm it is
};
struct leader_election_due {};

/// INTERNAL: what the controller's actor is told.
using controller_internal =
    controller_actor::extend<caf::reacts_to<raft_snapshot>, caf::reacts_to<raft_committed>,
                             caf::reacts_to<raft_leadership>, caf::reacts_to<process_ended>, caf::reacts_to<node_heard>,
                             caf::reacts_to<broker_watch_due>, caf::reacts_to<leader_election_due>>;

/// Says to whom committed entries go. Sent once.
struct raft_listener {
  controller_internal controller;
};

/// INTERNAL: time passes for the consensus core; its leader is gone; work gathered for the disk; the log may be idle.
struct raft_tick {};
struct raft_campaign {};
struct raft_round {};
struct raft_idle_check {};

using raft_driver_actor =
    caf::typed_actor<caf::reacts_to<raft_listener>, caf::reacts_to<raft_proposal>, caf::reacts_to<snapshot_taken>,
                     caf::reacts_to<quorum_subscription>, caf::reacts_to<quorum_change>, caf::reacts_to<quorum_question>,
                     caf::reacts_to<hand_over_quorum>, caf::reacts_to<peer_received>, caf::reacts_to<peer_status>,
                     caf::reacts_to<raft_tick>, caf::reacts_to<raft_campaign>, caf::reacts_to<raft_round>,
                     caf::reacts_to<raft_idle_check>>;

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_proposal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_leadership)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::quorum_leader)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::quorum_subscription)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::process_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::node_heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_watch_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::leader_election_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::snapshot_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_listener)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_campaign)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::quorum_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::quorum_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::quorum_change_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::quorum_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::hand_over_quorum)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raft_idle_check)
