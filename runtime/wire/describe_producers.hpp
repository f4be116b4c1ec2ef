// DescribeProducers (key 61), version 0 (KIP-664).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct describe_producers_request {
  static constexpr auto api = api_key::describe_producers;
  static constexpr std::string_view label = "describe_producers_request";

  struct topic_request {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    bool operator==(const topic_request&) const = default;
  };

  std::vector<topic_request> topics;

  bool operator==(const describe_producers_request&) const = default;
};

template <class F>
void describe(F& f, describe_producers_request& m) {
  f("topics", m.topics);
}

template <class F>
void describe(F& f, describe_producers_request::topic_request& m) {
  f("name", m.name);
  f("partition_indexes", m.partition_indexes);
}

struct describe_producers_response {
  static constexpr auto api = api_key::describe_producers;
  static constexpr std::string_view label = "describe_producers_response";

  struct producer_state {
    std::int64_t producer_id = 0;
    std::int32_t producer_epoch = 0;
    std::int32_t last_sequence = -1;
    std::int64_t last_timestamp = -1;
    std::int32_t coordinator_epoch = 0;
    std::int64_t current_txn_start_offset = -1; // -1: no transaction is open

    bool operator==(const producer_state&) const = default;
  };
  struct partition_response {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::vector<producer_state> active_producers;

    bool operator==(const partition_response&) const = default;
  };
  struct topic_response {
    std::string name;
    std::vector<partition_response> partitions;

    bool operator==(const topic_response&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<topic_response> topics;

  bool operator==(const describe_producers_response&) const = default;
};

template <class F>
void describe(F& f, describe_producers_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, describe_producers_response::topic_response& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, describe_producers_response::partition_response& m) {
  f("partition_index", m.partition_index);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("active_producers", m.active_producers);
}

template <class F>
void describe(F& f, describe_producers_response::producer_state& m) {
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("last_sequence", m.last_sequence);
  f("last_timestamp", m.last_timestamp);
  f("coordinator_epoch", m.coordinator_epoch);
  f("current_txn_start_offset", m.current_txn_start_offset);
}

} // namespace troupe::wire
