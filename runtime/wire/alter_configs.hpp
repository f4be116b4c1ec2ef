// AlterConfigs (key 33), versions 0 to 2, and IncrementalAlterConfigs (key 44), versions 0 to 1 (KIP-339).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct alter_configs_request {
  static constexpr auto api = api_key::alter_configs;
  static constexpr std::string_view label = "alter_configs_request";

  struct alterable_config {
    std::string name;
    std::optional<std::string> value;

    bool operator==(const alterable_config&) const = default;
  };
  struct alter_configs_resource {
    std::int8_t resource_type = 0; // 2: topic, 4: broker, 8: logger
    std::string resource_name;
    std::vector<alterable_config> configs;

    bool operator==(const alter_configs_resource&) const = default;
  };

  std::vector<alter_configs_resource> resources;
  bool validate_only = false;

  bool operator==(const alter_configs_request&) const = default;
};

template <class F>
void describe(F& f, alter_configs_request& m) {
  f("resources", m.resources);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, alter_configs_request::alter_configs_resource& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, alter_configs_request::alterable_config& m) {
  f("name", m.name);
  f("value", m.value);
}

struct alter_configs_response {
  static constexpr auto api = api_key::alter_configs;
  static constexpr std::string_view label = "alter_configs_response";

  struct alter_configs_resource_response {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;

    bool operator==(const alter_configs_resource_response&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<alter_configs_resource_response> responses;

  bool operator==(const alter_configs_response&) const = default;
};

template <class F>
void describe(F& f, alter_configs_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("responses", m.responses);
}

template <class F>
void describe(F& f, alter_configs_response::alter_configs_resource_response& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
}

struct incremental_alter_configs_request {
  static constexpr auto api = api_key::incremental_alter_configs;
  static constexpr std::string_view label = "incremental_alter_configs_request";

  struct alterable_config {
    std::string name;
    std::int8_t config_operation = 0; // 0: set, 1: delete, 2: append, 3: subtract
    std::optional<std::string> value;

    bool operator==(const alterable_config&) const = default;
  };
  struct alter_configs_resource {
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<alterable_config> configs;

    bool operator==(const alter_configs_resource&) const = default;
  };

  std::vector<alter_configs_resource> resources;
  bool validate_only = false;

  bool operator==(const incremental_alter_configs_request&) const = default;
};

template <class F>
void describe(F& f, incremental_alter_configs_request& m) {
  f("resources", m.resources);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, incremental_alter_configs_request::alter_configs_resource& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, incremental_alter_configs_request::alterable_config& m) {
  f("name", m.name);
  f("config_operation", m.config_operation);
  f("value", m.value);
}

struct incremental_alter_configs_response {
  static constexpr auto api = api_key::incremental_alter_configs;
  static constexpr std::string_view label = "incremental_alter_configs_response";

  struct alter_configs_resource_response {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;

    bool operator==(const alter_configs_resource_response&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<alter_configs_resource_response> responses;

  bool operator==(const incremental_alter_configs_response&) const = default;
};

template <class F>
void describe(F& f, incremental_alter_configs_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("responses", m.responses);
}

template <class F>
void describe(F& f, incremental_alter_configs_response::alter_configs_resource_response& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
}

} // namespace troupe::wire
