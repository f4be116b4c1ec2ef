// CreatePartitions (key 37), versions 0 to 3.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct create_partitions_request {
  static constexpr auto api = api_key::create_partitions;
  static constexpr std::string_view label = "create_partitions_request";

  struct create_partitions_assignment {
    std::vector<std::int32_t> broker_ids;

    bool operator==(const create_partitions_assignment&) const = default;
  };
  struct create_partitions_topic {
    std::string name;
    std::int32_t count = 0; // of all partitions, the new ones included
    std::optional<std::vector<create_partitions_assignment>> assignments; // null: as the node chooses

    bool operator==(const create_partitions_topic&) const = default;
  };

  std::vector<create_partitions_topic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  bool operator==(const create_partitions_request&) const = default;
};

template <class F>
void describe(F& f, create_partitions_request& m) {
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, create_partitions_request::create_partitions_topic& m) {
  f("name", m.name);
  f("count", m.count);
  f("assignments", m.assignments);
}

template <class F>
void describe(F& f, create_partitions_request::create_partitions_assignment& m) {
  f("broker_ids", m.broker_ids);
}

struct create_partitions_response {
  static constexpr auto api = api_key::create_partitions;
  static constexpr std::string_view label = "create_partitions_response";

  struct create_partitions_topic_result {
    std::string name;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;

    bool operator==(const create_partitions_topic_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<create_partitions_topic_result> results;

  bool operator==(const create_partitions_response&) const = default;
};

template <class F>
void describe(F& f, create_partitions_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

template <class F>
void describe(F& f, create_partitions_response::create_partitions_topic_result& m) {
  f("name", m.name);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

} // namespace troupe::wire
