// DescribeQuorum (key 55), versions 0 to 2 (KIP-595, KIP-836, KIP-853): who votes on the metadata log, and how far they are.
#pragma once

#include "runtime/wire/message.hpp"

namespace troupe::wire {

struct describe_quorum_request {
  static constexpr auto api = api_key::describe_quorum;
  static constexpr std::string_view label = "describe_quorum_request";

  struct partition_data {
    std::int32_t partition_index = 0;

    bool operator==(const partition_data&) const = default;
  };
  struct topic_data {
    std::string topic_name;
    std::vector<partition_data> partitions;

    bool operator==(const topic_data&) const = default;
  };

  std::vector<topic_data> topics;

  bool operator==(const describe_quorum_request&) const = default;
};

template <class F>
void describe(F& f, describe_quorum_request& m) {
  f("topics", m.topics);
}

template <class F>
void describe(F& f, describe_quorum_request::topic_data& m) {
  f("topic_name", m.topic_name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, describe_quorum_request::partition_data& m) {
  f("partition_index", m.partition_index);
}

struct describe_quorum_response {
  static constexpr auto api = api_key::describe_quorum;
  static constexpr std::string_view label = "describe_quorum_response";

  struct replica_state {
    std::int32_t replica_id = 0;
    troupe::topic_id replica_directory_id; // the protocol's uuid
    std::int64_t log_end_offset = 0;
    std::int64_t last_fetch_timestamp = -1;
    std::int64_t last_caught_up_timestamp = -1;

    bool operator==(const replica_state&) const = default;
  };
  struct partition_data {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    std::int64_t high_watermark = 0;
    std::vector<replica_state> current_voters;
    std::vector<replica_state> observers;

    bool operator==(const partition_data&) const = default;
  };
  struct topic_data {
    std::string topic_name;
    std::vector<partition_data> partitions;

    bool operator==(const topic_data&) const = default;
  };
  struct listener {
    std::string name;
    std::string host;
    std::uint16_t port = 0;

    bool operator==(const listener&) const = default;
  };
  struct node {
    std::int32_t node_id = 0;
    std::vector<listener> listeners;

    bool operator==(const node&) const = default;
  };

  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<topic_data> topics;
  std::vector<node> nodes;

  bool operator==(const describe_quorum_response&) const = default;
};

template <class F>
void describe(F& f, describe_quorum_response& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message, since(2));
  f("topics", m.topics);
  f("nodes", m.nodes, since(2));
}

template <class F>
void describe(F& f, describe_quorum_response::topic_data& m) {
  f("topic_name", m.topic_name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, describe_quorum_response::partition_data& m) {
  f("partition_index", m.partition_index);
  f("error_code", m.error_code);
  f("error_message", m.error_message, since(2));
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch);
  f("high_watermark", m.high_watermark);
  f("current_voters", m.current_voters);
  f("observers", m.observers);
}

template <class F>
void describe(F& f, describe_quorum_response::replica_state& m) {
  f("replica_id", m.replica_id);
  f("replica_directory_id", m.replica_directory_id, since(2));
  f("log_end_offset", m.log_end_offset);
  f("last_fetch_timestamp", m.last_fetch_timestamp, since(1));
  f("last_caught_up_timestamp", m.last_caught_up_timestamp, since(1));
}

template <class F>
void describe(F& f, describe_quorum_response::node& m) {
  f("node_id", m.node_id);
  f("listeners", m.listeners);
}

template <class F>
void describe(F& f, describe_quorum_response::listener& m) {
  f("name", m.name);
  f("host", m.host);
  f("port", m.port);
}

} // namespace troupe::wire
