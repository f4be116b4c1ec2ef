#include "actors/kafka/handlers.hpp"

namespace troupe::kafka {

handler find_handler(wire::api_key key) noexcept {
  switch (key) {
  case wire::api_key::produce:
    return handle_produce;
  case wire::api_key::fetch:
    return handle_fetch;
  case wire::api_key::list_offsets:
    return handle_list_offsets;
  case wire::api_key::metadata:
    return handle_metadata;
  case wire::api_key::find_coordinator:
    return handle_find_coordinator;
  case wire::api_key::api_versions:
    return handle_api_versions;
  case wire::api_key::create_topics:
    return handle_create_topics;
  case wire::api_key::delete_topics:
    return handle_delete_topics;
  case wire::api_key::init_producer_id:
    return handle_init_producer_id;
  case wire::api_key::offset_for_leader_epoch:
    return handle_offset_for_leader_epoch;
  case wire::api_key::delete_records:
    return handle_delete_records;
  case wire::api_key::describe_producers:
    return handle_describe_producers;
  case wire::api_key::alter_replica_log_dirs:
    return handle_alter_replica_log_dirs;
  case wire::api_key::describe_log_dirs:
    return handle_describe_log_dirs;
  case wire::api_key::describe_cluster:
    return handle_describe_cluster;
  case wire::api_key::create_partitions:
    return handle_create_partitions;
  case wire::api_key::describe_topic_partitions:
    return handle_describe_topic_partitions;
  case wire::api_key::describe_configs:
    return handle_describe_configs;
  case wire::api_key::alter_configs:
    return handle_alter_configs;
  case wire::api_key::incremental_alter_configs:
    return handle_incremental_alter_configs;
  case wire::api_key::list_config_resources:
    return handle_list_config_resources;
  case wire::api_key::elect_leaders:
    return handle_elect_leaders;
  case wire::api_key::alter_partition_reassignments:
    return handle_alter_partition_reassignments;
  case wire::api_key::list_partition_reassignments:
    return handle_list_partition_reassignments;
  case wire::api_key::unregister_broker:
    return handle_unregister_broker;
  case wire::api_key::describe_quorum:
    return handle_describe_quorum;
  case wire::api_key::add_raft_voter:
    return handle_add_raft_voter;
  case wire::api_key::remove_raft_voter:
    return handle_remove_raft_voter;
  default:
    return nullptr;
  }
}

} // namespace troupe::kafka
