// OffsetForLeaderEpoch (key 23), versions 2 to 4 (KIP-320).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct offset_for_leader_epoch_request {
  static constexpr auto api = api_key::offset_for_leader_epoch;
  static constexpr std::string_view label = "offset_for_leader_epoch_request";

  struct offset_for_leader_partition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = 0;

    bool operator==(const offset_for_leader_partition&) const = default;
  };
  struct offset_for_leader_topic {
    std::string topic;
    std::vector<offset_for_leader_partition> partitions;

    bool operator==(const offset_for_leader_topic&) const = default;
  };

  std::int32_t replica_id = -2; // -2: not a replica
  std::vector<offset_for_leader_topic> topics;

  bool operator==(const offset_for_leader_epoch_request&) const = default;
};

template <class F>
void describe(F& f, offset_for_leader_epoch_request& m) {
  f("replica_id", m.replica_id, since(3));
  f("topics", m.topics);
}

template <class F>
void describe(F& f, offset_for_leader_epoch_request::offset_for_leader_topic& m) {
  f("topic", m.topic);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, offset_for_leader_epoch_request::offset_for_leader_partition& m) {
  f("partition", m.partition);
  f("current_leader_epoch", m.current_leader_epoch);
  f("leader_epoch", m.leader_epoch);
}

struct offset_for_leader_epoch_response {
  static constexpr auto api = api_key::offset_for_leader_epoch;
  static constexpr std::string_view label = "offset_for_leader_epoch_response";

  struct epoch_end_offset {
    std::int16_t error_code = 0;
    std::int32_t partition = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t end_offset = -1;

    bool operator==(const epoch_end_offset&) const = default;
  };
  struct offset_for_leader_topic_result {
    std::string topic;
    std::vector<epoch_end_offset> partitions;

    bool operator==(const offset_for_leader_topic_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<offset_for_leader_topic_result> topics;

  bool operator==(const offset_for_leader_epoch_response&) const = default;
};

template <class F>
void describe(F& f, offset_for_leader_epoch_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, offset_for_leader_epoch_response::offset_for_leader_topic_result& m) {
  f("topic", m.topic);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, offset_for_leader_epoch_response::epoch_end_offset& m) {
  f("error_code", m.error_code);
  f("partition", m.partition);
  f("leader_epoch", m.leader_epoch);
  f("end_offset", m.end_offset);
}

} // namespace troupe::wire
