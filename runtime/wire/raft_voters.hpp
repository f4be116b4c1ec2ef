// AddRaftVoter (key 80), versions 0 to 1, and RemoveRaftVoter (key 81), version 0 (KIP-853): who votes on the
// metadata log is changed.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct add_raft_voter_request {
  static constexpr auto api = api_key::add_raft_voter;
  static constexpr std::string_view label = "add_raft_voter_request";

  struct listener {
    std::string name;
    std::string host;
    std::uint16_t port = 0;

    bool operator==(const listener&) const = default;
  };

  std::optional<std::string> cluster_id;
  std::int32_t timeout_ms = 0;
  std::int32_t voter_id = 0;
  troupe::topic_id voter_directory_id; // the protocol's uuid
  std::vector<listener> listeners;
  bool ack_when_committed = true;

  bool operator==(const add_raft_voter_request&) const = default;
};

template <class F>
void describe(F& f, add_raft_voter_request& m) {
  f("cluster_id", m.cluster_id);
  f("timeout_ms", m.timeout_ms);
  f("voter_id", m.voter_id);
  f("voter_directory_id", m.voter_directory_id);
  f("listeners", m.listeners);
  f("ack_when_committed", m.ack_when_committed, since(1));
}

template <class F>
void describe(F& f, add_raft_voter_request::listener& m) {
  f("name", m.name);
  f("host", m.host);
  f("port", m.port);
}

struct remove_raft_voter_request {
  static constexpr auto api = api_key::remove_raft_voter;
  static constexpr std::string_view label = "remove_raft_voter_request";

  std::optional<std::string> cluster_id;
  std::int32_t voter_id = 0;
  troupe::topic_id voter_directory_id;

  bool operator==(const remove_raft_voter_request&) const = default;
};

template <class F>
void describe(F& f, remove_raft_voter_request& m) {
  f("cluster_id", m.cluster_id);
  f("voter_id", m.voter_id);
  f("voter_directory_id", m.voter_directory_id);
}

struct add_raft_voter_response {
  static constexpr auto api = api_key::add_raft_voter;
  static constexpr std::string_view label = "add_raft_voter_response";

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  bool operator==(const add_raft_voter_response&) const = default;
};

template <class F>
void describe(F& f, add_raft_voter_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

struct remove_raft_voter_response {
  static constexpr auto api = api_key::remove_raft_voter;
  static constexpr std::string_view label = "remove_raft_voter_response";

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  bool operator==(const remove_raft_voter_response&) const = default;
};

template <class F>
void describe(F& f, remove_raft_voter_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

} // namespace troupe::wire
