// ElectLeaders (key 43), versions 0 to 2 (KIP-183, KIP-460).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct elect_leaders_request {
  static constexpr auto api = api_key::elect_leaders;
  static constexpr std::string_view label = "elect_leaders_request";

  struct topic_partitions {
    std::string topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const topic_partitions&) const = default;
  };

  std::int8_t election_type = 0; // 0: the preferred leaders; 1: unclean
  std::optional<std::vector<topic_partitions>> topics; // null: all that need it
  std::int32_t timeout_ms = 60'000;

  bool operator==(const elect_leaders_request&) const = default;
};

template <class F>
void describe(F& f, elect_leaders_request& m) {
  f("election_type", m.election_type, since(1));
  f("topic_partitions", m.topics);
  f("timeout_ms", m.timeout_ms);
}

template <class F>
void describe(F& f, elect_leaders_request::topic_partitions& m) {
  f("topic", m.topic);
  f("partitions", m.partitions);
}

struct elect_leaders_response {
  static constexpr auto api = api_key::elect_leaders;
  static constexpr std::string_view label = "elect_leaders_response";

  struct partition_result {
    std::int32_t partition_id = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;

    bool operator==(const partition_result&) const = default;
  };
  struct replica_election_result {
    std::string topic;
    std::vector<partition_result> partitions;

    bool operator==(const replica_election_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<replica_election_result> results;

  bool operator==(const elect_leaders_response&) const = default;
};

template <class F>
void describe(F& f, elect_leaders_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code, since(1));
  f("replica_election_results", m.results);
}

template <class F>
void describe(F& f, elect_leaders_response::replica_election_result& m) {
  f("topic", m.topic);
  f("partition_result", m.partitions);
}

template <class F>
void describe(F& f, elect_leaders_response::partition_result& m) {
  f("partition_id", m.partition_id);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

} // namespace troupe::wire
