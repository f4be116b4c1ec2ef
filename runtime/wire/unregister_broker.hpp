// UnregisterBroker (key 64), version 0 (KIP-631).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct unregister_broker_request {
  static constexpr auto api = api_key::unregister_broker;
  static constexpr std::string_view label = "unregister_broker_request";

  std::int32_t broker_id = 0;

  bool operator==(const unregister_broker_request&) const = default;
};

template <class F>
void describe(F& f, unregister_broker_request& m) {
  f("broker_id", m.broker_id);
}

struct unregister_broker_response {
  static constexpr auto api = api_key::unregister_broker;
  static constexpr std::string_view label = "unregister_broker_response";

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  bool operator==(const unregister_broker_response&) const = default;
};

template <class F>
void describe(F& f, unregister_broker_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

} // namespace troupe::wire
