// Which APIs there are, and in which versions: the one table behind headers, codecs and the answer to
// ApiVersions.
#pragma once

#include "runtime/wire/field.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace troupe::wire {

enum class api_key : std::int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  find_coordinator = 10,
  list_groups = 16,
  api_versions = 18,
  create_topics = 19,
  delete_topics = 20,
  delete_records = 21,
  init_producer_id = 22,
  offset_for_leader_epoch = 23,
  describe_configs = 32,
  alter_configs = 33,
  alter_replica_log_dirs = 34,
  describe_log_dirs = 35,
  create_partitions = 37,
  elect_leaders = 43,
  incremental_alter_configs = 44,
  alter_partition_reassignments = 45,
  list_partition_reassignments = 46,
  describe_quorum = 55,
  describe_cluster = 60,
  describe_producers = 61,
  unregister_broker = 64,
  list_config_resources = 74,
  describe_topic_partitions = 75,
  add_raft_voter = 80,
  remove_raft_voter = 81,
};

struct api_info {
  api_key key;
  std::string_view name; // Kafka's: "ListOffsets"
  /// The versions that the codec knows. A node that serves the API accepts exactly these.
  api_version min;
  api_version max;
  /// The first version with compact lengths and tagged fields.
  api_version flexible_since;
  /// What ApiVersions says is the lowest: may be below `min` where clients draw conclusions from it
  /// (KAFKA-18659).
  api_version advertised_min;
  /// Whether a node answers this API, and so advertises it. The others are for native clients and the command
  /// line.
  bool served;

  constexpr bool knows(api_version version) const noexcept { return min <= version && version <= max; }
};

/// Every API, in the order of the keys.
std::span<const api_info> catalog() noexcept;

/// The entry for the number of an API as it stands in a request; nullptr when there is none.
const api_info* find_api(std::int16_t key) noexcept;
const api_info& info(api_key key) noexcept;

/// Whether a node answers this version. An ApiVersions request that it does not accept is still answered:
/// with UNSUPPORTED_VERSION in a body of version 0 (KIP-511). All others close the connection.
bool accepts(std::int16_t key, api_version version) noexcept;

/// Whether lengths are compact and tagged fields follow. Also right for versions that are not known yet.
bool is_flexible(api_key key, api_version version) noexcept;

/// 1, or 2 when flexible.
api_version request_header_version(api_key key, api_version version) noexcept;
/// 0, or 1 when flexible; always 0 for ApiVersions, so that a client can read the refusal of a version.
api_version response_header_version(api_key key, api_version version) noexcept;

} // namespace troupe::wire
