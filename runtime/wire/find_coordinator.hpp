// FindCoordinator (key 10), versions 0 to 6.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct find_coordinator_request {
  static constexpr auto api = api_key::find_coordinator;
  static constexpr std::string_view label = "find_coordinator_request";

  std::string key;
  std::int8_t key_type = 0; // 0: group, 1: transaction, 2: share group
  std::vector<std::string> coordinator_keys;

  bool operator==(const find_coordinator_request&) const = default;
};

template <class F>
void describe(F& f, find_coordinator_request& m) {
  f("key", m.key, until(3));
  f("key_type", m.key_type, since(1));
  f("coordinator_keys", m.coordinator_keys, since(4));
}

struct find_coordinator_response {
  static constexpr auto api = api_key::find_coordinator;
  static constexpr std::string_view label = "find_coordinator_response";

  struct coordinator {
    std::string key;
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;

    bool operator==(const coordinator&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::vector<coordinator> coordinators;

  bool operator==(const find_coordinator_response&) const = default;
};

template <class F>
void describe(F& f, find_coordinator_response& m) {
  f("throttle_time_ms", m.throttle_time_ms, since(1));
  f("error_code", m.error_code, until(3));
  f("error_message", m.error_message, between(1, 3));
  f("node_id", m.node_id, until(3));
  f("host", m.host, until(3));
  f("port", m.port, until(3));
  f("coordinators", m.coordinators, since(4));
}

template <class F>
void describe(F& f, find_coordinator_response::coordinator& m) {
  f("key", m.key);
  f("node_id", m.node_id);
  f("host", m.host);
  f("port", m.port);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

} // namespace troupe::wire
