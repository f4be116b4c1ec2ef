// Fetch (key 1), versions 4 to 18.
#pragma once

#include "runtime/wire/message.hpp"

#include <limits>

namespace troupe::wire {

struct fetch_request {
  static constexpr auto api = api_key::fetch;
  static constexpr std::string_view label = "fetch_request";

  static constexpr auto no_high_watermark = std::numeric_limits<std::int64_t>::max();

  struct replica_state {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;

    bool operator==(const replica_state&) const = default;
  };
  struct fetch_partition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t fetch_offset = 0;
    std::int32_t last_fetched_epoch = -1;
    std::int64_t log_start_offset = -1;
    std::int32_t partition_max_bytes = 0;
    troupe::topic_id replica_directory_id;
    std::int64_t high_watermark = no_high_watermark;

    bool operator==(const fetch_partition&) const = default;
  };
  struct fetch_topic {
    std::string topic;         // until version 12
    troupe::topic_id topic_id; // since version 13
    std::vector<fetch_partition> partitions;

    bool operator==(const fetch_topic&) const = default;
  };
  struct forgotten_topic {
    std::string topic;         // until version 12
    troupe::topic_id topic_id; // since version 13
    std::vector<std::int32_t> partitions;

    bool operator==(const forgotten_topic&) const = default;
  };

  std::int32_t replica_id = -1; // until version 14; later in `state`
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
  std::int8_t isolation_level = 0; // 0: read uncommitted, 1: read committed
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<fetch_topic> topics;
  std::vector<forgotten_topic> forgotten_topics_data;
  std::string rack_id;
  std::optional<std::string> cluster_id;
  replica_state state;

  bool operator==(const fetch_request&) const = default;
};

template <class F>
void describe(F& f, fetch_request& m) {
  f("replica_id", m.replica_id, until(14));
  f("max_wait_ms", m.max_wait_ms);
  f("min_bytes", m.min_bytes);
  f("max_bytes", m.max_bytes);
  f("isolation_level", m.isolation_level);
  f("session_id", m.session_id, since(7));
  f("session_epoch", m.session_epoch, since(7));
  f("topics", m.topics);
  f("forgotten_topics_data", m.forgotten_topics_data, since(7));
  f("rack_id", m.rack_id, since(11));
  f("cluster_id", m.cluster_id, since(12).tagged(0));
  f("replica_state", m.state, since(15).tagged(1));
}

template <class F>
void describe(F& f, fetch_request::fetch_topic& m) {
  f("topic", m.topic, until(12));
  f("topic_id", m.topic_id, since(13));
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, fetch_request::fetch_partition& m) {
  f("partition", m.partition);
  f("current_leader_epoch", m.current_leader_epoch, since(9));
  f("fetch_offset", m.fetch_offset);
  f("last_fetched_epoch", m.last_fetched_epoch, since(12));
  f("log_start_offset", m.log_start_offset, since(5));
  f("partition_max_bytes", m.partition_max_bytes);
  f("replica_directory_id", m.replica_directory_id, since(17).tagged(0));
  f("high_watermark", m.high_watermark, since(18).tagged(1), fetch_request::no_high_watermark);
}

template <class F>
void describe(F& f, fetch_request::forgotten_topic& m) {
  f("topic", m.topic, until(12));
  f("topic_id", m.topic_id, since(13));
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, fetch_request::replica_state& m) {
  f("replica_id", m.replica_id);
  f("replica_epoch", m.replica_epoch);
}

struct fetch_response {
  static constexpr auto api = api_key::fetch;
  static constexpr std::string_view label = "fetch_response";

  /// Where the logs part, for a follower that is to truncate (KIP-595).
  struct epoch_end_offset {
    std::int32_t epoch = -1;
    std::int64_t end_offset = -1;

    bool operator==(const epoch_end_offset&) const = default;
  };
  struct snapshot_id {
    std::int64_t end_offset = -1;
    std::int32_t epoch = -1;

    bool operator==(const snapshot_id&) const = default;
  };
  struct aborted_transaction {
    std::int64_t producer_id = 0;
    std::int64_t first_offset = 0;

    bool operator==(const aborted_transaction&) const = default;
  };
  struct partition_data {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::int64_t high_watermark = 0;
    std::int64_t last_stable_offset = -1;
    std::int64_t log_start_offset = -1;
    std::optional<std::vector<aborted_transaction>> aborted_transactions; // null unless read committed
    std::int32_t preferred_read_replica = -1;
    std::optional<record_slices> records;
    epoch_end_offset diverging_epoch;
    leader_id_and_epoch current_leader;
    fetch_response::snapshot_id snapshot;

    bool operator==(const partition_data&) const = default;
  };
  struct fetchable_topic_response {
    std::string topic;         // until version 12
    troupe::topic_id topic_id; // since version 13
    std::vector<partition_data> partitions;

    bool operator==(const fetchable_topic_response&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int32_t session_id = 0;
  std::vector<fetchable_topic_response> responses;
  std::vector<node_endpoint> node_endpoints;

  bool operator==(const fetch_response&) const = default;
};

template <class F>
void describe(F& f, fetch_response& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code, since(7));
  f("session_id", m.session_id, since(7));
  f("responses", m.responses);
  f("node_endpoints", m.node_endpoints, since(16).tagged(0));
}

template <class F>
void describe(F& f, fetch_response::fetchable_topic_response& m) {
  f("topic", m.topic, until(12));
  f("topic_id", m.topic_id, since(13));
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, fetch_response::partition_data& m) {
  f("partition_index", m.partition_index);
  f("error_code", m.error_code);
  f("high_watermark", m.high_watermark);
  f("last_stable_offset", m.last_stable_offset);
  f("log_start_offset", m.log_start_offset, since(5));
  f("aborted_transactions", m.aborted_transactions);
  f("preferred_read_replica", m.preferred_read_replica, since(11));
  f("records", m.records);
  f("diverging_epoch", m.diverging_epoch, since(12).tagged(0));
  f("current_leader", m.current_leader, since(12).tagged(1));
  f("snapshot_id", m.snapshot, since(12).tagged(2));
}

template <class F>
void describe(F& f, fetch_response::epoch_end_offset& m) {
  f("epoch", m.epoch);
  f("end_offset", m.end_offset);
}

template <class F>
void describe(F& f, fetch_response::snapshot_id& m) {
  f("end_offset", m.end_offset);
  f("epoch", m.epoch);
}

template <class F>
void describe(F& f, fetch_response::aborted_transaction& m) {
  f("producer_id", m.producer_id);
  f("first_offset", m.first_offset);
}

} // namespace troupe::wire
