// ApiVersions (key 18), versions 0 to 4 (KIP-35, KIP-511, KIP-584).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct api_versions_request {
  static constexpr auto api = api_key::api_versions;
  static constexpr std::string_view label = "api_versions_request";

  std::string client_software_name;
  std::string client_software_version;

  bool operator==(const api_versions_request&) const = default;
};

template <class F>
void describe(F& f, api_versions_request& m) {
  f("client_software_name", m.client_software_name, since(3));
  f("client_software_version", m.client_software_version, since(3));
}

struct api_versions_response {
  static constexpr auto api = api_key::api_versions;
  static constexpr std::string_view label = "api_versions_response";

  struct api_version_range {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    bool operator==(const api_version_range&) const = default;
  };
  struct supported_feature_key {
    std::string name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    bool operator==(const supported_feature_key&) const = default;
  };
  struct finalized_feature_key {
    std::string name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;

    bool operator==(const finalized_feature_key&) const = default;
  };

  std::int16_t error_code = 0;
  std::vector<api_version_range> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<supported_feature_key> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<finalized_feature_key> finalized_features;
  bool zk_migration_ready = false;

  bool operator==(const api_versions_response&) const = default;
};

template <class F>
void describe(F& f, api_versions_response& m) {
  f("error_code", m.error_code);
  f("api_keys", m.api_keys);
  f("throttle_time_ms", m.throttle_time_ms, since(1));
  f("supported_features", m.supported_features, since(3).tagged(0));
  f("finalized_features_epoch", m.finalized_features_epoch, since(3).tagged(1), -1);
  f("finalized_features", m.finalized_features, since(3).tagged(2));
  f("zk_migration_ready", m.zk_migration_ready, since(3).tagged(3));
}

template <class F>
void describe(F& f, api_versions_response::api_version_range& m) {
  f("api_key", m.api_key);
  f("min_version", m.min_version);
  f("max_version", m.max_version);
}

template <class F>
void describe(F& f, api_versions_response::supported_feature_key& m) {
  f("name", m.name);
  f("min_version", m.min_version);
  f("max_version", m.max_version);
}

template <class F>
void describe(F& f, api_versions_response::finalized_feature_key& m) {
  f("name", m.name);
  f("max_version_level", m.max_version_level);
  f("min_version_level", m.min_version_level);
}

} // namespace troupe::wire
