// DescribeCluster (key 60), versions 0 to 2 (KIP-700).
#pragma once

#include "runtime/wire/message.hpp"

#include <limits>

namespace troupe::wire {

struct describe_cluster_request {
  static constexpr auto api = api_key::describe_cluster;
  static constexpr std::string_view label = "describe_cluster_request";

  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1; // 1: brokers, 2: controllers
  bool include_fenced_brokers = false;

  bool operator==(const describe_cluster_request&) const = default;
};

template <class F>
void describe(F& f, describe_cluster_request& m) {
  f("include_cluster_authorized_operations", m.include_cluster_authorized_operations);
  f("endpoint_type", m.endpoint_type, since(1));
  f("include_fenced_brokers", m.include_fenced_brokers, since(2));
}

struct describe_cluster_response {
  static constexpr auto api = api_key::describe_cluster;
  static constexpr std::string_view label = "describe_cluster_response";

  struct describe_cluster_broker {
    std::int32_t broker_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;

    bool operator==(const describe_cluster_broker&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int8_t endpoint_type = 1;
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<describe_cluster_broker> brokers;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min(); // unless asked for

  bool operator==(const describe_cluster_response&) const = default;
};

template <class F>
void describe(F& f, describe_cluster_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("endpoint_type", m.endpoint_type, since(1));
  f("cluster_id", m.cluster_id);
  f("controller_id", m.controller_id);
  f("brokers", m.brokers);
  f("cluster_authorized_operations", m.cluster_authorized_operations);
}

template <class F>
void describe(F& f, describe_cluster_response::describe_cluster_broker& m) {
  f("broker_id", m.broker_id);
  f("host", m.host);
  f("port", m.port);
  f("rack", m.rack);
  f("is_fenced", m.is_fenced, since(2));
}

} // namespace troupe::wire
