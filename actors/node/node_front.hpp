// Stands before a node, life after life. Whoever holds its handles needs no others when the node is stopped
// and started again: views then name other partitions, and what was asked of a controller that is gone is
// answered with busy.
//
// A node that is one of several has only the partitions that it leads. For those that others lead the front has proxies,
// which talk to the others' listeners for Kafka clients; who leads what it knows from the node's own metadata.
#pragma once

#include "actors/interface/cluster_access.hpp"
#include "actors/node/node_supervisor.hpp"
#include "actors/remote/broker_routes.hpp"

#include <map>
#include <optional>
#include <vector>

namespace troupe {

/// A node is ready.
struct node_attached {
  node_access node;
};

/// It has ended: its partitions are not there any more.
struct node_detached {};

using node_front_actor =
    caf::typed_actor<caf::reacts_to<view_subscription>, caf::reacts_to<controller_request>,
                     caf::reacts_to<producer_id_request>, caf::reacts_to<view_update>,
                     caf::reacts_to<controller_reply>, caf::reacts_to<producer_id_reply>,
                     caf::reacts_to<node_attached>, caf::reacts_to<node_detached>, caf::reacts_to<remote::peer_up>,
                     caf::reacts_to<remote::peer_trouble>, caf::reacts_to<remote::metadata_stale>,
                     caf::reacts_to<remote::peer_due>, caf::reacts_to<remote::proxies_retired>>;

/// How the front reaches other nodes.
struct front_settings {
  remote::remote_options options{};
  remote::link_factory open{}; ///< none: it does not
};

class node_front_state {
public:
  static inline const char* name = "node_front";

  explicit node_front_state(node_front_actor::pointer self) : self_(self) {}

  void start(front_settings settings) { settings_ = std::move(settings); }
  void attach(const node_attached& message);
  void detach();
  void subscribe(const view_subscription& subscription);
  void on_view(const view_update& update);
  void ask(const controller_request& request);
  void ask(const producer_id_request& request);
  void on_reply(controller_reply& reply);
  void on_reply(const producer_id_reply& reply);
  void on_down(const caf::down_msg& down);
  void on_peer_up(const remote::peer_up& message);
  void connect(remote::peer_due message);
  void retire(const remote::proxies_retired& message);
  void end(const caf::error& why);

private:
  void publish(view_ptr view);
  /// With the partitions that other nodes lead.
  view_ptr completed(const view_ptr& local);
  void forget_others();
  void answer_all_busy();

  node_front_actor::pointer self_;
  partition_manager_actor partitions_; ///< these three are empty while there is no node
  controller_actor controller_;
  producer_id_actor producer_ids_;
  front_settings settings_;
  node_id here_ = metadata::no_leader; ///< the node's
  std::optional<remote::broker_routes> others_; ///< while there is a node
  bool has_others_ = false; ///< other nodes have been seen
  view_ptr local_ = std::make_shared<broker_view>(); ///< as the node has it
  view_ptr view_ = std::make_shared<broker_view>();  ///< as it is told
  std::vector<view_subscriber> subscribers_;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, controller_request>
      asked_controller_; ///< what and whom to answer; the command is not kept
  std::map<std::uint64_t, producer_id_request> asked_producer_ids_;
};

node_front_actor::behavior_type node_front(node_front_actor::stateful_pointer<node_front_state> self,
                                           const front_settings& settings);

/// All that a client needs: good as long as the front runs.
inline cluster_access access_by(const node_front_actor& front) { return {front, front, front}; }

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::node_attached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::node_detached)
