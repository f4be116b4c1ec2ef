// InitProducerId (key 22), versions 0 to 5 (KIP-98, KIP-360).
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct init_producer_id_request {
  static constexpr auto api = api_key::init_producer_id;
  static constexpr std::string_view label = "init_producer_id_request";

  std::optional<std::string> transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;

  bool operator==(const init_producer_id_request&) const = default;
};

template <class F>
void describe(F& f, init_producer_id_request& m) {
  f("transactional_id", m.transactional_id);
  f("transaction_timeout_ms", m.transaction_timeout_ms);
  f("producer_id", m.producer_id, since(3));
  f("producer_epoch", m.producer_epoch, since(3));
}

struct init_producer_id_response {
  static constexpr auto api = api_key::init_producer_id;
  static constexpr std::string_view label = "init_producer_id_response";

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;

  bool operator==(const init_producer_id_response&) const = default;
};

template <class F>
void describe(F& f, init_producer_id_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
}

} // namespace troupe::wire
