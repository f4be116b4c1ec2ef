// Runs a partition actor for every partition that has a replica on this node, as the metadata say, and tells listeners
// where they are. Tells its partitions when to keep house.
#pragma once

#include "actors/interface/supervision_log.hpp"
#include "actors/partition/partition.hpp"
#include "actors/partition/proposal_desk.hpp"
#include "runtime/base/restart_backoff.hpp"

#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace troupe {

struct partition_manager_settings {
  partition_environment environment;
  controller_actor controller; ///< null: nobody else has replicas
  /// Older images mean nothing: this life of the node was not part of the cluster yet.
  metadata::metadata_version plays_from;
  metadata::topic_defaults defaults;
  std::int64_t retention_check_interval_ms = 5 * 60 * 1000;
  std::shared_ptr<metrics::partition_table> table;
  supervision_log_ptr supervision;
};

/// What recovery found, by partition; moved out as partitions start.
using recovered_partitions = std::map<topic_partition, storage::recovered_partition>;

class partition_manager_state {
public:
  static inline const char* name = "partition_manager";

  explicit partition_manager_state(partition_manager_actor::pointer self) : self_(self) {}

  void start(partition_manager_settings settings, std::shared_ptr<recovered_partitions> recovered);
  void update(const metadata_update& update);
  void subscribe(const view_subscription& subscription);
  void tick();
  void on_down(const caf::down_msg& down);
  void revive(const revive_partition& message);
  void restart(partition_recalled& message);
  void on_peer(const peer_received& message);
  void on_peer_status(const peer_status& status);
  void on_proposal(const isr_proposed& message);
  void ask_controller();
  void on_answer(const controller_reply& reply);
  void stop(const caf::error& reason);

private:
  void set_quotas();
  void take_whole_image(const metadata::metadata_image& image);
  void take_topic(const metadata::topic& topic, bool options_changed);
  void keep_former_replica(const metadata::topic& topic, partition_id id, const metadata::partition& state);
  metadata::topic_options options_of(const metadata::topic& topic) const;
  partition_internal launch(const metadata::topic& topic, partition_id partition, const metadata::partition& state,
                            bool revived);
  partition_role role_of(const metadata::partition& state) const;
  void tell_roles(const std::vector<node_id>& brokers);
  void refuse(node_id to, const replication::replica_fetch& fetch);
  void remove_topic(const metadata::topic& topic);
  void remove_leftovers();
  void on_death(const topic_partition& name, const std::string& why);
  void route(const topic_partition& name, const partition_internal& to);
  void publish();

  partition_manager_actor::pointer self_;
  partition_manager_settings settings_;
  std::shared_ptr<recovered_partitions> recovered_;
  /// The partitions of a deleted topic, whose files are removed once all of their actors have ended: nothing that
  /// these sent to the disk is still on its way then.
  struct departure {
    remove_partitions gone;
    std::size_t running = 0;
  };

  std::map<topic_partition, partition_internal> children_; ///< an empty handle: it died and is being brought back
  std::map<topic_partition, restart_backoff> backoffs_;    ///< of those that ever died
  std::unordered_map<caf::actor_id, std::shared_ptr<departure>> leaving_;
  std::shared_ptr<const broker_view> view_ = std::make_shared<broker_view>();
  broker_view next_;
  std::vector<view_subscriber> subscribers_;
  std::int64_t last_expiry_ns_ = 0;
  bool plays_ = false; ///< an image that counts has come
  std::set<node_id> connected_;
  proposal_desk proposals_;
};

/// Partitions that die are brought back through recovery; if that fails, the manager ends with an error.
partition_manager_actor::behavior_type
partition_manager(partition_manager_actor::stateful_pointer<partition_manager_state> self,
                  partition_manager_settings settings, std::shared_ptr<recovered_partitions> recovered);

} // namespace troupe
