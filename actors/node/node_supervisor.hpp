// The root of a node's actors: starts them in order, watches over them, and stops them in reverse.
//
// Who dies is restarted: alone, if nothing that was acknowledged depends on it (listener, producer ids; partitions and
// reader have supervisors of their own); if others cannot go on without it (controller, metadata cache, partition
// manager), all end and begin anew from what is on disk. Whoever writes to the disk (raft_driver, disk, flusher) takes the
// process along: what it knows of the disk cannot be trusted any more.
//
//   peer_gate, metadata_cache, peer_directory, raft_driver, controller, controller_access, broker_registration
//   -> the broker is registered -> disk, reader, flusher, partition_manager
//   -> the first view with all partitions -> listeners -> ready
//
// A node that is only a controller has no broker to register: it ends at the first line, and is ready.
#pragma once

#include "actors/controller/broker_registration.hpp"
#include "actors/controller/controller_access.hpp"
#include "actors/kafka/kafka_listener.hpp"
#include "actors/kafka/producer_ids.hpp"
#include "actors/node/node_parts.hpp"
#include "actors/partition/reader_keeper.hpp"
#include "actors/peer/welcome.hpp"
#include "config/admin_listener.hpp"
#include "runtime/base/restart_backoff.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <caf/all.hpp>

namespace troupe {

/// Ends the node in order. Later ones change nothing.
struct stop_node {};

/// Asks for a child by its name ("controller"): null if it is not there, or dead and about to be started anew.
struct find_child {
  std::string name;
};

/// INTERNAL: the child of this number is to be started anew.
struct restart_child {
  std::size_t number = 0;
  std::uint64_t life = 0;
};

/// INTERNAL: all children have ended, and a while has passed: they are to be started anew.
struct restart_all {};

/// INTERNAL: handing leaderships over takes too long.
struct leaving_overdue {
  std::uint64_t life = 0;
};

/// INTERNAL: a stage of the stop takes too long.
struct stop_overdue {
  std::size_t stage = 0;
  std::uint64_t life = 0;
};

/// INTERNAL: look whether the other nodes want this one.
struct welcome_due {
  std::uint64_t life = 0;
};

/// A node that is ready, to whoever talks to it without a socket.
struct node_access {
  partition_manager_actor partitions;
  view_ptr view; ///< every topic of before; `partitions` tells of newer ones
  kafka::session_environment sessions; ///< to host a kafka::session with; `self` is for the host to fill in
};

/// What the world is told of the node's life; called on the supervisor's thread.
struct node_events {
  /// Again each time that all actors were started anew.
  std::function<void(const node_access&)> ready = [](const node_access&) {};
  /// Everything ends, and starts anew: what `ready` gave is good for nothing until it is called again.
  std::function<void(const std::string& why)> restarting = [](const std::string&) {};
  /// Empty: an orderly stop. Otherwise one sentence.
  std::function<void(const std::string&)> ended = [](const std::string&) {};
};

using node_supervisor_actor =
    caf::typed_actor<caf::reacts_to<broker_registered>, caf::reacts_to<broker_refused>, caf::reacts_to<broker_released>,
                     caf::reacts_to<metadata_update>, caf::reacts_to<leaving_overdue>, caf::reacts_to<view_update>,
                     caf::reacts_to<quorum_leader>, caf::reacts_to<producer_id_request>, caf::reacts_to<controller_reply>,
                     caf::reacts_to<stop_node>, caf::reacts_to<restart_child>, caf::reacts_to<restart_all>,
                     caf::reacts_to<stop_overdue>, caf::reacts_to<welcome_due>, caf::replies_to<find_child>::with<caf::strong_actor_ptr>>;

class node_supervisor_state {
public:
  static inline const char* name = "node_supervisor";

  explicit node_supervisor_state(node_supervisor_actor::pointer self) : self_(self) {}

  void start(std::shared_ptr<node_parts> parts, node_events events);
  void on_registered(const broker_registered& message);
  void on_refused(const broker_refused& message);
  void on_released();
  /// Of a node that is only a controller.
  void on_metadata(const metadata_update& update);
  void on_quorum(const quorum_leader& message);
  void on_leaving_overdue(leaving_overdue message);
  void on_welcome_due(welcome_due message);
  void on_view(const view_update& update);
  /// Sessions ask for ids here, so that they never hold a handle to an actor that has been replaced.
  void pass_on(const producer_id_request& request);
  caf::strong_actor_ptr find(const find_child& wanted) const;
  void restart(restart_child message);
  void begin_anew();
  void stop();
  void on_overdue(stop_overdue message);
  void on_down(const caf::down_msg& down);
  /// Takes all children along at once, in no order: as a process that ends takes its threads.
  void abandon(const caf::error& reason);

private:
  struct child {
    std::string name;
    caf::strong_actor_ptr actor;
    std::size_t restarts_as = not_restarted; ///< its place in restartables_
  };
  static constexpr std::size_t not_restarted = ~std::size_t{0};
  /// A child whose death is no danger to anything that was acknowledged: it is started anew.
  struct restartable {
    std::size_t stage;
    std::function<caf::strong_actor_ptr()> start;
    restart_backoff backoff;
  };
  /// Children that are stopped together, before those of the stage before.
  using stage = std::vector<child>;

  template <class Handle>
  Handle adopt(const char* name, Handle actor);
  template <class F, class... Ts>
  auto spawn_for_disk(F behavior, Ts&&... arguments);

  void adopt_restartable(const char* name, std::function<caf::strong_actor_ptr()> start);
  disk_actor start_disk();
  reader_keeper_actor start_reader();
  // node_supervisor_metadata.cpp
  bool start_peers();
  void look_for_welcome();
  void start_metadata();
  void register_broker();
  bool join(const std::string& cluster_id);
  void be_only_a_controller();

  // node_supervisor.cpp
  void start_storage();
  void start_listeners();
  caf::strong_actor_ptr open_listener(const config::listener_options& options,
                                      std::shared_ptr<const kafka::session_options> session);
  void start_admin();
  caf::strong_actor_ptr open_admin(const config::admin_address& where);
  void forget(const caf::strong_actor_ptr& child);
  std::shared_ptr<kafka::session_options> session_options() const;
  kafka::session_environment session_environment(std::shared_ptr<const kafka::session_options> options) const;
  void announce_when_ready();
  void on_death(stage& of, stage::iterator child, const std::string& why);
  void end_all_and_begin_anew(const std::string& why);
  void begin_anew_later(const std::string& why);
  void stop_next_stage();
  void finish();
  void fail(const std::string& why);

  node_supervisor_actor::pointer self_;
  std::shared_ptr<node_parts> parts_;
  node_events events_;
  std::vector<stage> stages_;
  std::vector<restartable> restartables_;
  peer_gate_actor gate_; ///< null: a node that is alone
  peer::welcome_ptr welcome_ = std::make_shared<peer::welcome>();
  broker_lease_ptr lease_ = std::make_shared<broker_lease>();
  lost_peers_ptr lost_ = std::make_shared<lost_peers>();
  controller_actor controller_;
  broker_registration_actor registration_;
  metadata_cache_actor cache_;
  partition_manager_actor manager_;
  producer_id_actor producer_ids_;
  std::shared_ptr<kafka::byte_budget> budget_ = std::make_shared<kafka::byte_budget>();
  std::shared_ptr<kafka::kafka_metrics> metrics_ = std::make_shared<kafka::kafka_metrics>();
  std::shared_ptr<kafka::fetch_session_cache> fetch_sessions_;
  peer_incarnation incarnation_; ///< of this life
  metadata::metadata_version registered_at_;
  view_ptr view_; ///< the newest; the first one has every partition that the node had when it started
  std::size_t opening_ = 0; ///< listeners whose answer is due
  bool listening_ = false;
  bool awaits_vote_ = false; ///< whoever replaces disks one by one must not take the next one yet
  bool announced_ = false;
  bool stopping_ = false;
  bool leaving_ = false; ///< told to stop, and handing leaderships over
  bool restarting_ = false; ///< stopping, to begin anew
  std::uint64_t life_ = 1;  ///< counts how often everything was started
  restart_backoff backoff_;
  std::chrono::milliseconds restart_delay_{};
};

template <class Handle>
Handle node_supervisor_state::adopt(const char* name, Handle actor) {
  self_->monitor(actor);
  parts_->watch.supervision->started(node_supervisor_state::name, name);
  stages_.back().push_back({name, caf::actor_cast<caf::strong_actor_ptr>(actor)});
  return actor;
}

template <class F, class... Ts>
auto node_supervisor_state::spawn_for_disk(F behavior, Ts&&... arguments) {
  return parts_->ports.own_threads ? self_->spawn<caf::detached>(behavior, std::forward<Ts>(arguments)...)
                                   : self_->spawn(behavior, std::forward<Ts>(arguments)...);
}

node_supervisor_actor::behavior_type
node_supervisor(node_supervisor_actor::stateful_pointer<node_supervisor_state> self,
                std::shared_ptr<node_parts> parts, node_events events);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::stop_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::find_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::restart_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::restart_all)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::leaving_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::stop_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::welcome_due)
