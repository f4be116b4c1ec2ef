// The controller's one address on a node, wherever the quorum's leader is: passes each question on to the local
// controller or to the leader's node, asks again while nobody leads, and answers by a deadline at the latest. Answers
// the other nodes' questions, too, if this node leads.
//
// A question whose answer was lost may be asked twice: "it exists already" can then be the answer to its own first time,
// as it is with Kafka's brokers that forward requests.
#pragma once

#include "actors/controller/raft_messages.hpp"
#include "actors/interface/peer_messages.hpp"
#include "runtime/base/clock.hpp"

#include <map>
#include <vector>

namespace troupe {

/// INTERNAL: questions may be due to be asked again, or to be given up.
struct look_at_questions {};

using controller_access_actor =
    controller_actor::extend<caf::reacts_to<controller_reply>, caf::reacts_to<quorum_leader>, caf::reacts_to<peer_received>,
                             caf::reacts_to<peer_status>, caf::reacts_to<look_at_questions>>;

struct controller_access_settings {
  controller_internal local;
  peer_gate_actor gate; ///< null: a node that has no peers
  node_id self;
  const clock_port* clock = nullptr; ///< outlives the actor
  std::int64_t deadline_ms = 10'000; ///< of a question, from when it was asked here
};

class controller_access_state {
public:
  static inline const char* name = "controller_access";

  explicit controller_access_state(controller_access_actor::pointer self) : self_(self) {}

  void start(controller_access_settings settings);
  void ask(controller_request& request);
  void on_reply(controller_reply& reply);
  void on_leader(const quorum_leader& message);
  void on_peer(const peer_received& message);
  void on_peer_status(const peer_status& status);
  void look_again();

private:
  /// Of an actor of this node.
  struct question {
    controller_request request;
    std::int64_t give_up_ns = 0;
    node_id asked = raft::no_node; ///< none: it waits for somebody to lead
  };
  /// Of another node, under way at the local controller.
  struct foreign_question {
    node_id from;
    std::uint64_t correlation = 0;
  };

  void dispatch(std::uint64_t id, question& of);
  void answer(std::uint64_t id, controller_reply reply);
  void answer_peer(const foreign_question& to, const controller_reply& reply);
  void on_question(const peer_received& message, std::uint64_t correlation, metadata::command what);
  void on_answer(node_id from, std::uint64_t id, controller_reply reply);
  void refuse_too_large();
  void arm();

  controller_access_actor::pointer self_;
  controller_access_settings settings_;
  node_id leader_ = raft::no_node;
  std::map<std::uint64_t, question> questions_; ///< by id, and so by age
  std::map<std::uint64_t, foreign_question> foreign_;
  std::map<node_id, peer_incarnation> last_seen_; ///< of each node that was ever connected
  std::vector<std::uint64_t> too_large_; ///< of questions_
  std::uint64_t next_id_ = 1;
  bool armed_ = false;
};

controller_access_actor::behavior_type
controller_access(controller_access_actor::stateful_pointer<controller_access_state> self,
                  controller_access_settings settings);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::look_at_questions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::controller_access_settings)
