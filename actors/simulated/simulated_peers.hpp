// A network between the nodes of one actor system, for tests on virtual time: each node's peer gate is an actor with the
// interface of the real one, and messages pass between them by delay. As with the real one they arrive in order and at most
// once; a lost connection loses what was on the way, and both sides hear of it.
//
// Not for several threads: the actors run under CAF's test coordinator.
#pragma once

#include "actors/interface/peer_messages.hpp"
#include "runtime/base/random.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace troupe::simulated {

/// INTERNAL: something reaches the gate of a node.
struct simulated_arrival {
  peer_received what;
  std::uint64_t connection = 0; ///< if this one is gone, what was not there in time is lost
  std::int64_t due_ns = 0;
};

/// INTERNAL: the gate tells its subscribers.
struct simulated_change {
  peer_status status;
};

using simulated_gate_actor = peer_gate_actor::extend<caf::reacts_to<simulated_arrival>, caf::reacts_to<simulated_change>>;

class simulated_network {
public:
  struct settings {
    std::chrono::microseconds delay_min{50};
    std::chrono::microseconds delay_max{500};
    /// From a lost connection to when both sides hear of it, if nobody died: the timeout of heartbeats.
    std::chrono::milliseconds silence{1'000};
  };

  simulated_network(caf::actor_system& system, std::uint64_t seed, settings options);
  ~simulated_network();

  /// A process begins: its gate connects with those that it wants, and with those that want it.
  peer_gate_actor open(node_id node);
  peer_gate_actor open(node_id node, peer_incarnation incarnation);
  /// The process is gone, or its gate has ended. The others hear at once that nobody listens there.
  void close(node_id node);
  /// Nothing passes between the two from now on, in both directions; they hear of it by the silence.
  void cut(node_id a, node_id b);
  /// Nothing passes from the one to the other from now on, and they find no new way; end_of_silence() follows.
  void cut_one_way(node_id from, node_id to);
  /// As cut(), but the silence is over: they hear of it at once.
  void end_of_silence(node_id a, node_id b);
  /// What is sent from the one to the other in the time to come arrives at its end.
  void hold_up(node_id from, node_id to, std::chrono::microseconds time);
  /// The two find each other again.
  void heal(node_id a, node_id b);
  void heal_all();

  std::uint64_t delivered() const;
  /// Called for each message that is sent, for people who look for faults.
  void on_send(std::function<void(node_id from, const peer_send& what, bool is_lost)> look);

private:
  friend class simulated_gate_state;
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace troupe::simulated

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::simulated::simulated_arrival)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::simulated::simulated_change)
