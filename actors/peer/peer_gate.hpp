// The one address of a node's actors for other nodes: passes messages to the link of each, and starts the links. Ends with
// them: when one dies, all do, and whoever supervises the gate starts it anew.
#pragma once

#include "actors/peer/peer_link.hpp"
#include "actors/peer/seed_dialer.hpp"

#include <map>

namespace troupe::peer {

/// INTERNAL: links take too long to end.
struct gate_overdue {};

using gate_internal_actor = started_gate_actor::extend<caf::reacts_to<door_event>, caf::reacts_to<gate_overdue>>;

class peer_gate_state {
public:
  static inline const char* name = "peer_gate";

  explicit peer_gate_state(gate_internal_actor::pointer self) : self_(self) {}
  ~peer_gate_state();
  peer_gate_state(const peer_gate_state&) = delete;
  peer_gate_state& operator=(const peer_gate_state&) = delete;

  void start(std::shared_ptr<const link_environment> environment);
  void send(peer_send& message);
  void subscribe(const peer_subscription& subscription);
  void want(const peers_wanted& wanted);
  void on_cluster(const cluster_known& known);
  void on_door(door_event& event);
  void on_exit(const caf::exit_msg& message);
  void on_overdue();

private:
  peer_link_actor& link_with(node_id node);
  template <class Message>
  void tell_links(const Message& message);

  gate_internal_actor::pointer self_;
  std::shared_ptr<const link_environment> environment_;
  std::map<node_id, peer_link_actor> links_;
  seed_dialer_actor seeds_; ///< null: nobody has asked for one yet
  peer_clients subscribers_;
  bool stopping_ = false;
};

gate_internal_actor::behavior_type peer_gate(gate_internal_actor::stateful_pointer<peer_gate_state> self,
                                             std::shared_ptr<const link_environment> environment);

} // namespace troupe::peer

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer::gate_overdue)
