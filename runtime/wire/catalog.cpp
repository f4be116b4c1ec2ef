#include "runtime/wire/catalog.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <array>

namespace troupe::wire {

namespace {

constexpr bool served = true;
constexpr bool only_described = false;

// clang-format off
constexpr std::array api_table{
    //        key                                     name                           min max flexible advertised min
    api_info{api_key::produce,                       "Produce",                     3, 13, 9,  0, served},
    api_info{api_key::fetch,                         "Fetch",                       4, 18, 12, 4, served},
    api_info{api_key::list_offsets,                  "ListOffsets",                 1, 11, 6,  1, served},
    api_info{api_key::metadata,                      "Metadata",                    0, 13, 9,  0, served},
    api_info{api_key::find_coordinator,              "FindCoordinator",             0, 6,  3,  0, served},
    api_info{api_key::list_groups,                   "ListGroups",                  0, 5,  3,  0, only_described},
    api_info{api_key::api_versions,                  "ApiVersions",                 0, 4,  3,  0, served},
    api_info{api_key::create_topics,                 "CreateTopics",                2, 7,  5,  2, served},
    api_info{api_key::delete_topics,                 "DeleteTopics",                1, 6,  4,  1, served},
    api_info{api_key::delete_records,                "DeleteRecords",               0, 2,  2,  0, served},
    api_info{api_key::init_producer_id,              "InitProducerId",              0, 5,  2,  0, served},
    api_info{api_key::offset_for_leader_epoch,       "OffsetForLeaderEpoch",        2, 4,  4,  2, served},
    api_info{api_key::describe_configs,              "DescribeConfigs",             1, 4,  4,  1, served},
    api_info{api_key::alter_configs,                 "AlterConfigs",                0, 2,  2,  0, served},
    api_info{api_key::alter_replica_log_dirs,        "AlterReplicaLogDirs",         1, 2,  2,  1, served},
    api_info{api_key::describe_log_dirs,             "DescribeLogDirs",             1, 5,  2,  1, served},
    api_info{api_key::create_partitions,             "CreatePartitions",            0, 3,  2,  0, served},
    api_info{api_key::elect_leaders,                 "ElectLeaders",                0, 2,  2,  0, served},
    api_info{api_key::incremental_alter_configs,     "IncrementalAlterConfigs",     0, 1,  1,  0, served},
    api_info{api_key::alter_partition_reassignments, "AlterPartitionReassignments", 0, 1,  0,  0, served},
    api_info{api_key::list_partition_reassignments,  "ListPartitionReassignments",  0, 0,  0,  0, served},
    api_info{api_key::describe_quorum,               "DescribeQuorum",              0, 2,  0,  0, served},
    api_info{api_key::describe_cluster,              "DescribeCluster",             0, 2,  0,  0, served},
    api_info{api_key::describe_producers,            "DescribeProducers",           0, 0,  0,  0, served},
    api_info{api_key::unregister_broker,             "UnregisterBroker",            0, 0,  0,  0, served},
    api_info{api_key::list_config_resources,         "ListConfigResources",         0, 1,  0,  0, served},
    api_info{api_key::describe_topic_partitions,     "DescribeTopicPartitions",     0, 0,  0,  0, served},
    api_info{api_key::add_raft_voter,                "AddRaftVoter",                0, 1,  0,  0, served},
    api_info{api_key::remove_raft_voter,             "RemoveRaftVoter",             0, 0,  0,  0, served},
};
// clang-format on

constexpr bool key_before(const api_info& a, const api_info& b) { return a.key < b.key; }

static_assert(std::is_sorted(api_table.begin(), api_table.end(), key_before), "looked up by key");

} // namespace

std::span<const api_info> catalog() noexcept { return api_table; }

const api_info* find_api(std::int16_t key) noexcept {
  auto wanted = static_cast<api_key>(key);
  auto i = std::lower_bound(api_table.begin(), api_table.end(), wanted,
                            [](const api_info& api, api_key k) { return api.key < k; });
  return i != api_table.end() && i->key == wanted ? &*i : nullptr;
}

const api_info& info(api_key key) noexcept {
  auto* api = find_api(static_cast<std::int16_t>(key));
  CHECK(api != nullptr, "every api_key has its row in the catalog");
  return *api;
}

bool accepts(std::int16_t key, api_version version) noexcept {
  auto* api = find_api(key);
  return api && api->served && api->knows(version);
}

bool is_flexible(api_key key, api_version version) noexcept { return version >= info(key).flexible_since; }

api_version request_header_version(api_key key, api_version version) noexcept {
  return is_flexible(key, version) ? 2 : 1;
}

api_version response_header_version(api_key key, api_version version) noexcept {
  return key != api_key::api_versions && is_flexible(key, version) ? 1 : 0;
}

} // namespace troupe::wire
