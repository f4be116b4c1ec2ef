// ListOffsets (key 2), versions 1 to 11.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct list_offsets_request {
  static constexpr auto api = api_key::list_offsets;
  static constexpr std::string_view label = "list_offsets_request";

  struct list_offsets_partition {
    std::int32_t partition_index = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t timestamp = 0; // or -1 latest, -2 earliest, -3 largest timestamp, -4 earliest local, -5 last
                                // tiered, -6 next to upload

    bool operator==(const list_offsets_partition&) const = default;
  };
  struct list_offsets_topic {
    std::string name;
    std::vector<list_offsets_partition> partitions;

    bool operator==(const list_offsets_topic&) const = default;
  };

  std::int32_t replica_id = -1;
  std::int8_t isolation_level = 0;
  std::vector<list_offsets_topic> topics;
  std::int32_t timeout_ms = 0;

  bool operator==(const list_offsets_request&) const = default;
};

template <class F>
void describe(F& f, list_offsets_request& m) {
  f("replica_id", m.replica_id);
  f("isolation_level", m.isolation_level, since(2));
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms, since(10));
}

template <class F>
void describe(F& f, list_offsets_request::list_offsets_topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, list_offsets_request::list_offsets_partition& m) {
  f("partition_index", m.partition_index);
  f("current_leader_epoch", m.current_leader_epoch, since(4));
  f("timestamp", m.timestamp);
}

struct list_offsets_response {
  static constexpr auto api = api_key::list_offsets;
  static constexpr std::string_view label = "list_offsets_response";

  struct list_offsets_partition_response {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::int64_t timestamp = -1;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;

    bool operator==(const list_offsets_partition_response&) const = default;
  };
  struct list_offsets_topic_response {
    std::string name;
    std::vector<list_offsets_partition_response> partitions;

    bool operator==(const list_offsets_topic_response&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<list_offsets_topic_response> topics;

  bool operator==(const list_offsets_response&) const = default;
};

template <class F>
void describe(F& f, list_offsets_response& m) {
  f("throttle_time_ms", m.throttle_time_ms, since(2));
  f("topics", m.topics);
}

template <class F>
void describe(F& f, list_offsets_response::list_offsets_topic_response& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, list_offsets_response::list_offsets_partition_response& m) {
  f("partition_index", m.partition_index);
  f("error_code", m.error_code);
  f("timestamp", m.timestamp);
  f("offset", m.offset);
  f("leader_epoch", m.leader_epoch, since(4));
}

} // namespace troupe::wire
