// Produce (key 0), versions 3 to 13.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct produce_request {
  static constexpr auto api = api_key::produce;
  static constexpr std::string_view label = "produce_request";

  struct partition_produce_data {
    std::int32_t index = 0;
    std::optional<bytes> records; // shares the frame

    bool operator==(const partition_produce_data&) const = default;
  };
  struct topic_produce_data {
    std::string name;          // until version 12
    troupe::topic_id topic_id; // since version 13
    std::vector<partition_produce_data> partition_data;

    bool operator==(const topic_produce_data&) const = default;
  };

  std::optional<std::string> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<topic_produce_data> topic_data;

  bool operator==(const produce_request&) const = default;
};

template <class F>
void describe(F& f, produce_request& m) {
  f("transactional_id", m.transactional_id);
  f("acks", m.acks);
  f("timeout_ms", m.timeout_ms);
  f("topic_data", m.topic_data);
}

template <class F>
void describe(F& f, produce_request::topic_produce_data& m) {
  f("name", m.name, until(12));
  f("topic_id", m.topic_id, since(13));
  f("partition_data", m.partition_data);
}

template <class F>
void describe(F& f, produce_request::partition_produce_data& m) {
  f("index", m.index);
  f("records", m.records);
}

struct produce_response {
  static constexpr auto api = api_key::produce;
  static constexpr std::string_view label = "produce_response";

  /// A record that is to blame for the refusal of its batch (KIP-467).
  struct batch_index_and_error_message {
    std::int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message;

    bool operator==(const batch_index_and_error_message&) const = default;
  };
  struct partition_produce_response {
    std::int32_t index = 0;
    std::int16_t error_code = 0;
    std::int64_t base_offset = 0;
    std::int64_t log_append_time_ms = -1;
    std::int64_t log_start_offset = -1;
    std::vector<batch_index_and_error_message> record_errors;
    std::optional<std::string> error_message;
    leader_id_and_epoch current_leader;

    bool operator==(const partition_produce_response&) const = default;
  };
  struct topic_produce_response {
    std::string name;          // until version 12
    troupe::topic_id topic_id; // since version 13
    std::vector<partition_produce_response> partition_responses;

    bool operator==(const topic_produce_response&) const = default;
  };

  std::vector<topic_produce_response> responses;
  std::int32_t throttle_time_ms = 0;
  std::vector<node_endpoint> node_endpoints;

  bool operator==(const produce_response&) const = default;
};

template <class F>
void describe(F& f, produce_response& m) {
  f("responses", m.responses);
  f("throttle_time_ms", m.throttle_time_ms);
  f("node_endpoints", m.node_endpoints, since(10).tagged(0));
}

template <class F>
void describe(F& f, produce_response::topic_produce_response& m) {
  f("name", m.name, until(12));
  f("topic_id", m.topic_id, since(13));
  f("partition_responses", m.partition_responses);
}

template <class F>
void describe(F& f, produce_response::partition_produce_response& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("base_offset", m.base_offset);
  f("log_append_time_ms", m.log_append_time_ms);
  f("log_start_offset", m.log_start_offset, since(5));
  f("record_errors", m.record_errors, since(8));
  f("error_message", m.error_message, since(8));
  f("current_leader", m.current_leader, since(10).tagged(0));
}

template <class F>
void describe(F& f, produce_response::batch_index_and_error_message& m) {
  f("batch_index", m.batch_index);
  f("batch_index_error_message", m.batch_index_error_message);
}

} // namespace troupe::wire
