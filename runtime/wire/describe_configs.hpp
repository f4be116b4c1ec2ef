// DescribeConfigs (key 32), versions 1 to 4.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct describe_configs_request {
  static constexpr auto api = api_key::describe_configs;
  static constexpr std::string_view label = "describe_configs_request";

  struct describe_configs_resource {
    std::int8_t resource_type = 0; // 2: topic, 4: broker, 8: logger
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys; // null: all

    bool operator==(const describe_configs_resource&) const = default;
  };

  std::vector<describe_configs_resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  bool operator==(const describe_configs_request&) const = default;
};

template <class F>
void describe(F& f, describe_configs_request& m) {
  f("resources", m.resources);
  f("include_synonyms", m.include_synonyms);
  f("include_documentation", m.include_documentation, since(3));
}

template <class F>
void describe(F& f, describe_configs_request::describe_configs_resource& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configuration_keys", m.configuration_keys);
}

struct describe_configs_response {
  static constexpr auto api = api_key::describe_configs;
  static constexpr std::string_view label = "describe_configs_response";

  struct describe_configs_synonym {
    std::string name;
    std::optional<std::string> value;
    std::int8_t source = 0;

    bool operator==(const describe_configs_synonym&) const = default;
  };
  struct describe_configs_resource_result {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<describe_configs_synonym> synonyms;
    std::int8_t config_type = 0;
    std::optional<std::string> documentation;

    bool operator==(const describe_configs_resource_result&) const = default;
  };
  struct describe_configs_result {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<describe_configs_resource_result> configs;

    bool operator==(const describe_configs_result&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<describe_configs_result> results;

  bool operator==(const describe_configs_response&) const = default;
};

template <class F>
void describe(F& f, describe_configs_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

template <class F>
void describe(F& f, describe_configs_response::describe_configs_result& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, describe_configs_response::describe_configs_resource_result& m) {
  f("name", m.name);
  f("value", m.value);
  f("read_only", m.read_only);
  f("config_source", m.config_source);
  f("is_sensitive", m.is_sensitive);
  f("synonyms", m.synonyms);
  f("config_type", m.config_type, since(3));
  f("documentation", m.documentation, since(3));
}

template <class F>
void describe(F& f, describe_configs_response::describe_configs_synonym& m) {
  f("name", m.name);
  f("value", m.value);
  f("source", m.source);
}

} // namespace troupe::wire
