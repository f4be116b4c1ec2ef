// Every message of runtime/wire, for tests that hold for all of them.
#pragma once

#include "runtime/wire/alter_configs.hpp"
#include "runtime/wire/alter_replica_log_dirs.hpp"
#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/create_partitions.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_records.hpp"
#include "runtime/wire/delete_topics.hpp"
#include "runtime/wire/describe_cluster.hpp"
#include "runtime/wire/describe_configs.hpp"
#include "runtime/wire/describe_log_dirs.hpp"
#include "runtime/wire/describe_producers.hpp"
#include "runtime/wire/describe_quorum.hpp"
#include "runtime/wire/describe_topic_partitions.hpp"
#include "runtime/wire/elect_leaders.hpp"
#include "runtime/wire/fetch.hpp"
#include "runtime/wire/find_coordinator.hpp"
#include "runtime/wire/init_producer_id.hpp"
#include "runtime/wire/list_config_resources.hpp"
#include "runtime/wire/list_groups.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "runtime/wire/metadata.hpp"
#include "runtime/wire/offset_for_leader_epoch.hpp"
#include "runtime/wire/partition_reassignments.hpp"
#include "runtime/wire/produce.hpp"
#include "runtime/wire/raft_voters.hpp"
#include "runtime/wire/unregister_broker.hpp"

#include <string>
#include <string_view>

namespace troupe::wire {

/// Calls `f.operator()<request, response>()` for each API.
template <class F>
void for_each_api(F&& f) {
  f.template operator()<produce_request, produce_response>();
  f.template operator()<fetch_request, fetch_response>();
  f.template operator()<list_offsets_request, list_offsets_response>();
  f.template operator()<metadata_request, metadata_response>();
  f.template operator()<find_coordinator_request, find_coordinator_response>();
  f.template operator()<list_groups_request, list_groups_response>();
  f.template operator()<api_versions_request, api_versions_response>();
  f.template operator()<create_topics_request, create_topics_response>();
  f.template operator()<delete_topics_request, delete_topics_response>();
  f.template operator()<delete_records_request, delete_records_response>();
  f.template operator()<init_producer_id_request, init_producer_id_response>();
  f.template operator()<offset_for_leader_epoch_request, offset_for_leader_epoch_response>();
  f.template operator()<describe_configs_request, describe_configs_response>();
  f.template operator()<alter_configs_request, alter_configs_response>();
  f.template operator()<alter_replica_log_dirs_request, alter_replica_log_dirs_response>();
  f.template operator()<describe_log_dirs_request, describe_log_dirs_response>();
  f.template operator()<create_partitions_request, create_partitions_response>();
  f.template operator()<elect_leaders_request, elect_leaders_response>();
  f.template operator()<incremental_alter_configs_request, incremental_alter_configs_response>();
  f.template operator()<alter_partition_reassignments_request, alter_partition_reassignments_response>();
  f.template operator()<list_partition_reassignments_request, list_partition_reassignments_response>();
  f.template operator()<describe_quorum_request, describe_quorum_response>();
  f.template operator()<describe_cluster_request, describe_cluster_response>();
  f.template operator()<describe_producers_request, describe_producers_response>();
  f.template operator()<unregister_broker_request, unregister_broker_response>();
  f.template operator()<list_config_resources_request, list_config_resources_response>();
  f.template operator()<describe_topic_partitions_request, describe_topic_partitions_response>();
  f.template operator()<add_raft_voter_request, add_raft_voter_response>();
  f.template operator()<remove_raft_voter_request, remove_raft_voter_response>();
}

/// Calls `f.operator()<message>(version)` for each message in each of its versions.
template <class F>
void for_each_message(F&& f) {
  for_each_api([&]<class Request, class Response>() {
    for (auto v = info(Request::api).min; v <= info(Request::api).max; ++v) {
      f.template operator()<Request>(v);
      f.template operator()<Response>(v);
    }
  });
}

template <class T>
bytes encoded(const T& message, api_version version) {
  std::vector<char> out;
  encode(message, version, out);
  return bytes::copy_of({out.data(), out.size()});
}

template <class T>
std::string title(api_version version) {
  return std::string{T::label} + " v" + std::to_string(version);
}

} // namespace troupe::wire
