// DescribeTopicPartitions (key 75), version 0 (KIP-966): topics page by page.
#pragma once

#include "runtime/wire/message.hpp"

#include <limits>

namespace troupe::wire {

/// Where the next page begins.
struct topic_partitions_cursor {
  std::string topic_name;
  std::int32_t partition_index = 0;

  bool operator==(const topic_partitions_cursor&) const = default;
};

template <class F>
void describe(F& f, topic_partitions_cursor& m) {
  f("topic_name", m.topic_name);
  f("partition_index", m.partition_index);
}

struct describe_topic_partitions_request {
  static constexpr auto api = api_key::describe_topic_partitions;
  static constexpr std::string_view label = "describe_topic_partitions_request";

  struct topic_request {
    std::string name;

    bool operator==(const topic_request&) const = default;
  };

  std::vector<topic_request> topics; // empty: all
  std::int32_t response_partition_limit = 2000;
  std::optional<topic_partitions_cursor> cursor; // null: from the beginning

  bool operator==(const describe_topic_partitions_request&) const = default;
};

template <class F>
void describe(F& f, describe_topic_partitions_request& m) {
  f("topics", m.topics);
  f("response_partition_limit", m.response_partition_limit);
  f("cursor", m.cursor);
}

template <class F>
void describe(F& f, describe_topic_partitions_request::topic_request& m) {
  f("name", m.name);
}

struct describe_topic_partitions_response {
  static constexpr auto api = api_key::describe_topic_partitions;
  static constexpr std::string_view label = "describe_topic_partitions_response";

  struct partition {
    std::int16_t error_code = 0;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
    std::optional<std::vector<std::int32_t>> last_known_elr;
    std::vector<std::int32_t> offline_replicas;

    bool operator==(const partition&) const = default;
  };
  struct topic {
    std::int16_t error_code = 0;
    std::optional<std::string> name;
    troupe::topic_id topic_id;
    bool is_internal = false;
    std::vector<partition> partitions;
    std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();

    bool operator==(const topic&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<topic> topics;
  std::optional<topic_partitions_cursor> next_cursor; // null: that was all

  bool operator==(const describe_topic_partitions_response&) const = default;
};

template <class F>
void describe(F& f, describe_topic_partitions_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
  f("next_cursor", m.next_cursor);
}

template <class F>
void describe(F& f, describe_topic_partitions_response::topic& m) {
  f("error_code", m.error_code);
  f("name", m.name);
  f("topic_id", m.topic_id);
  f("is_internal", m.is_internal);
  f("partitions", m.partitions);
  f("topic_authorized_operations", m.topic_authorized_operations);
}

template <class F>
void describe(F& f, describe_topic_partitions_response::partition& m) {
  f("error_code", m.error_code);
  f("partition_index", m.partition_index);
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch);
  f("replica_nodes", m.replica_nodes);
  f("isr_nodes", m.isr_nodes);
  f("eligible_leader_replicas", m.eligible_leader_replicas);
  f("last_known_elr", m.last_known_elr);
  f("offline_replicas", m.offline_replicas);
}

} // namespace troupe::wire
