// ListConfigResources (key 74), versions 0 to 1 (KIP-1142). In version 0 it was ListClientMetricsResources.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

/// What resources without a type are.
constexpr std::int8_t client_metrics_resource = 16;

struct list_config_resources_request {
  static constexpr auto api = api_key::list_config_resources;
  static constexpr std::string_view label = "list_config_resources_request";

  std::vector<std::int8_t> resource_types; // empty: all

  bool operator==(const list_config_resources_request&) const = default;
};

template <class F>
void describe(F& f, list_config_resources_request& m) {
  f("resource_types", m.resource_types, since(1));
}

struct list_config_resources_response {
  static constexpr auto api = api_key::list_config_resources;
  static constexpr std::string_view label = "list_config_resources_response";

  struct config_resource {
    std::string resource_name;
    std::int8_t resource_type = client_metrics_resource;

    bool operator==(const config_resource&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<config_resource> config_resources;

  bool operator==(const list_config_resources_response&) const = default;
};

template <class F>
void describe(F& f, list_config_resources_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("config_resources", m.config_resources);
}

template <class F>
void describe(F& f, list_config_resources_response::config_resource& m) {
  f("resource_name", m.resource_name);
  f("resource_type", m.resource_type, since(1));
}

} // namespace troupe::wire
