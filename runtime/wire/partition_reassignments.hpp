// AlterPartitionReassignments (key 45), versions 0 and 1, and ListPartitionReassignments (key 46), version 0 (KIP-455).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct alter_partition_reassignments_request {
  static constexpr auto api = api_key::alter_partition_reassignments;
  static constexpr std::string_view label = "alter_partition_reassignments_request";

  struct reassignable_partition {
    std::int32_t partition_index = 0;
    std::optional<std::vector<std::int32_t>> replicas; // null: what is under way is cancelled

    bool operator==(const reassignable_partition&) const = default;
  };
  struct reassignable_topic {
    std::string name;
    std::vector<reassignable_partition> partitions;

    bool operator==(const reassignable_topic&) const = default;
  };

  std::int32_t timeout_ms = 60'000;
  bool allow_replication_factor_change = true;
  std::vector<reassignable_topic> topics;

  bool operator==(const alter_partition_reassignments_request&) const = default;
};

template <class F>
void describe(F& f, alter_partition_reassignments_request& m) {
  f("timeout_ms", m.timeout_ms);
  f("allow_replication_factor_change", m.allow_replication_factor_change, since(1));
  f("topics", m.topics);
}

template <class F>
void describe(F& f, alter_partition_reassignments_request::reassignable_topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, alter_partition_reassignments_request::reassignable_partition& m) {
  f("partition_index", m.partition_index);
  f("replicas", m.replicas);
}

struct alter_partition_reassignments_response {
  static constexpr auto api = api_key::alter_partition_reassignments;
  static constexpr std::string_view label = "alter_partition_reassignments_response";

  struct reassignable_partition_response {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;

    bool operator==(const reassignable_partition_response&) const = default;
  };
  struct reassignable_topic_response {
    std::string name;
    std::vector<reassignable_partition_response> partitions;

    bool operator==(const reassignable_topic_response&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<reassignable_topic_response> responses;

  bool operator==(const alter_partition_reassignments_response&) const = default;
};

template <class F>
void describe(F& f, alter_partition_reassignments_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("allow_replication_factor_change", m.allow_replication_factor_change, since(1));
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("responses", m.responses);
}

template <class F>
void describe(F& f, alter_partition_reassignments_response::reassignable_topic_response& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, alter_partition_reassignments_response::reassignable_partition_response& m) {
  f("partition_index", m.partition_index);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

struct list_partition_reassignments_request {
  static constexpr auto api = api_key::list_partition_reassignments;
  static constexpr std::string_view label = "list_partition_reassignments_request";

  struct reassignment_topic {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    bool operator==(const reassignment_topic&) const = default;
  };

  std::int32_t timeout_ms = 60'000;
  std::optional<std::vector<reassignment_topic>> topics; // null: all

  bool operator==(const list_partition_reassignments_request&) const = default;
};

template <class F>
void describe(F& f, list_partition_reassignments_request& m) {
  f("timeout_ms", m.timeout_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, list_partition_reassignments_request::reassignment_topic& m) {
  f("name", m.name);
  f("partition_indexes", m.partition_indexes);
}

struct list_partition_reassignments_response {
  static constexpr auto api = api_key::list_partition_reassignments;
  static constexpr std::string_view label = "list_partition_reassignments_response";

  struct ongoing_partition_reassignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> replicas;
    std::vector<std::int32_t> adding_replicas;
    std::vector<std::int32_t> removing_replicas;

    bool operator==(const ongoing_partition_reassignment&) const = default;
  };
  struct ongoing_topic_reassignment {
    std::string name;
    std::vector<ongoing_partition_reassignment> partitions;

    bool operator==(const ongoing_topic_reassignment&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<ongoing_topic_reassignment> topics;

  bool operator==(const list_partition_reassignments_response&) const = default;
};

template <class F>
void describe(F& f, list_partition_reassignments_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, list_partition_reassignments_response::ongoing_topic_reassignment& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, list_partition_reassignments_response::ongoing_partition_reassignment& m) {
  f("partition_index", m.partition_index);
  f("replicas", m.replicas);
  f("adding_replicas", m.adding_replicas);
  f("removing_replicas", m.removing_replicas);
}

} // namespace troupe::wire
