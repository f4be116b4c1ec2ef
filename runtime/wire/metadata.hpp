// Metadata (key 3), versions 0 to 13.
#pragma once

#include "runtime/wire/message.hpp"

#include <limits>

namespace troupe::wire {

/// In the place of a set of authorized operations that was not asked for.
constexpr auto operations_not_asked_for = std::numeric_limits<std::int32_t>::min();

struct metadata_request {
  static constexpr auto api = api_key::metadata;
  static constexpr std::string_view label = "metadata_request";

  struct metadata_request_topic {
    troupe::topic_id topic_id;       // since version 10; zero: by name
    std::optional<std::string> name; // null: by id

    bool operator==(const metadata_request_topic&) const = default;
  };

  /// Null asks for all topics; so does an empty list in version 0 (where null is sent as empty).
  std::optional<std::vector<metadata_request_topic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  bool operator==(const metadata_request&) const = default;
};

template <class F>
void describe(F& f, metadata_request& m) {
  f("topics", m.topics, always.nullable(1));
  f("allow_auto_topic_creation", m.allow_auto_topic_creation, since(4));
  f("include_cluster_authorized_operations", m.include_cluster_authorized_operations, between(8, 10));
  f("include_topic_authorized_operations", m.include_topic_authorized_operations, since(8));
}

template <class F>
void describe(F& f, metadata_request::metadata_request_topic& m) {
  f("topic_id", m.topic_id, since(10));
  f("name", m.name, always.nullable(10));
}

struct metadata_response {
  static constexpr auto api = api_key::metadata;
  static constexpr std::string_view label = "metadata_response";

  struct metadata_response_broker {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    bool operator==(const metadata_response_broker&) const = default;
  };
  struct metadata_response_partition {
    std::int16_t error_code = 0;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::vector<std::int32_t> offline_replicas;

    bool operator==(const metadata_response_partition&) const = default;
  };
  struct metadata_response_topic {
    std::int16_t error_code = 0;
    std::optional<std::string> name; // null (since version 12): asked for by an id that is not known
    troupe::topic_id topic_id;
    bool is_internal = false;
    std::vector<metadata_response_partition> partitions;
    std::int32_t topic_authorized_operations = operations_not_asked_for;

    bool operator==(const metadata_response_topic&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<metadata_response_broker> brokers;
  std::optional<std::string> cluster_id;
  std::int32_t controller_id = -1;
  std::vector<metadata_response_topic> topics;
  std::int32_t cluster_authorized_operations = operations_not_asked_for;
  std::int16_t error_code = 0;

  bool operator==(const metadata_response&) const = default;
};

template <class F>
void describe(F& f, metadata_response& m) {
  f("throttle_time_ms", m.throttle_time_ms, since(3));
  f("brokers", m.brokers);
  f("cluster_id", m.cluster_id, since(2));
  f("controller_id", m.controller_id, since(1));
  f("topics", m.topics);
  f("cluster_authorized_operations", m.cluster_authorized_operations, between(8, 10));
  f("error_code", m.error_code, since(13));
}

template <class F>
void describe(F& f, metadata_response::metadata_response_broker& m) {
  f("node_id", m.node_id);
  f("host", m.host);
  f("port", m.port);
  f("rack", m.rack, since(1));
}

template <class F>
void describe(F& f, metadata_response::metadata_response_topic& m) {
  f("error_code", m.error_code);
  f("name", m.name, always.nullable(12));
  f("topic_id", m.topic_id, since(10));
  f("is_internal", m.is_internal, since(1));
  f("partitions", m.partitions);
  f("topic_authorized_operations", m.topic_authorized_operations, since(8));
}

template <class F>
void describe(F& f, metadata_response::metadata_response_partition& m) {
  f("error_code", m.error_code);
  f("partition_index", m.partition_index);
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch, since(7));
  f("replica_nodes", m.replica_nodes);
  f("isr_nodes", m.isr_nodes);
  f("offline_replicas", m.offline_replicas, since(5));
}

} // namespace troupe::wire
