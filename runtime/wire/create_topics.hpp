// CreateTopics (key 19), versions 2 to 7.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct create_topics_request {
  static constexpr auto api = api_key::create_topics;
  static constexpr std::string_view label = "create_topics_request";

  struct creatable_replica_assignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> broker_ids;

    bool operator==(const creatable_replica_assignment&) const = default;
  };
  struct creatable_topic_config {
    std::string name;
    std::optional<std::string> value;

    bool operator==(const creatable_topic_config&) const = default;
  };
  struct creatable_topic {
    std::string name;
    std::int32_t num_partitions = 0;     // -1: the node's default (since version 4), or as assigned
    std::int16_t replication_factor = 0; // the same
    std::vector<creatable_replica_assignment> assignments;
    std::vector<creatable_topic_config> configs;

    bool operator==(const creatable_topic&) const = default;
  };

  std::vector<creatable_topic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;

  bool operator==(const create_topics_request&) const = default;
};

template <class F>
void describe(F& f, create_topics_request& m) {
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, create_topics_request::creatable_topic& m) {
  f("name", m.name);
  f("num_partitions", m.num_partitions);
  f("replication_factor", m.replication_factor);
  f("assignments", m.assignments);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, create_topics_request::creatable_topic_config& m) {
  f("name", m.name);
  f("value", m.value);
}

template <class F>
void describe(F& f, create_topics_request::creatable_replica_assignment& m) {
  f("partition_index", m.partition_index);
  f("broker_ids", m.broker_ids);
}

struct create_topics_response {
  static constexpr auto api = api_key::create_topics;
  static constexpr std::string_view label = "create_topics_response";

  struct creatable_topic_configs {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;

    bool operator==(const creatable_topic_configs&) const = default;
  };
  struct creatable_topic_result {
    std::string name;
    troupe::topic_id topic_id;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<creatable_topic_configs>> configs;
    std::int16_t topic_config_error_code = 0;

    bool operator==(const creatable_topic_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<creatable_topic_result> topics;

  bool operator==(const create_topics_response&) const = default;
};

template <class F>
void describe(F& f, create_topics_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, create_topics_response::creatable_topic_result& m) {
  f("name", m.name);
  f("topic_id", m.topic_id, since(7));
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("num_partitions", m.num_partitions, since(5));
  f("replication_factor", m.replication_factor, since(5));
  f("configs", m.configs, since(5));
  f("topic_config_error_code", m.topic_config_error_code, since(5).tagged(0));
}

template <class F>
void describe(F& f, create_topics_response::creatable_topic_configs& m) {
  f("name", m.name);
  f("value", m.value);
  f("read_only", m.read_only);
  f("config_source", m.config_source);
  f("is_sensitive", m.is_sensitive);
}

} // namespace troupe::wire
