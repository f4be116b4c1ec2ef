// Everything that a node can be told, as plain values: what the parser produces and the node is built from.
// The members' initialisers are the defaults; option_table.cpp describes each of them once more, in words.
#pragma once

#include "runtime/base/limits.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::config {

/// An address that Kafka clients may connect to.
struct listener_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9092;
  /// What clients are told to connect to; empty or 0 is the listener's own host or port.
  std::string advertised_host;
  std::uint16_t advertised_port = 0;
  /// Whoever can reach the address can read and write everything: said by name, or it stays on loopback.
  bool insecure = false;

  bool operator==(const listener_options&) const = default;
};

/// The peer listener of a node, for the other nodes of its cluster.
struct peer_endpoint {
  std::int32_t node_id = 0;
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const peer_endpoint&) const = default;
};

struct node_options {
  std::int32_t node_id = 1;
  /// Parsing gives a node without a name "n" and its id.
  std::string name = "n1";
  /// "both", "controller" or "broker": see is_controller() and is_broker().
  std::string roles = "both";
  /// Empty: none.
  std::string rack;
  std::string data_directory = "./troupe-data";
  /// Never empty after parsing, but for a node that is only a controller.
  std::vector<listener_options> listeners{listener_options{}};

  /// Where health, metrics and the dashboard are served: see parse_admin_listener. Empty is not allowed.
  std::string admin_listener = "auto";

  // --- the cluster ---
  /// "HOST:PORT", where the other nodes connect to; empty for a node that is alone.
  std::string peer_listener;
  /// "HOST:PORT,HOST:PORT": peer listeners of nodes by which this one, in nobody's file, joins a cluster that runs. Empty: it
  /// is one of those that found it.
  std::string join;
  /// The controllers of the cluster, itself included where it is one, by id; empty for a node that is alone. Derived
  /// from the file of a cluster: no option of their own.
  std::vector<peer_endpoint> voters;
  /// All nodes of the file, itself included, by id. Derived as well.
  std::vector<peer_endpoint> peers;
  /// A broker whose heartbeats the controller misses for so long is fenced.
  std::int64_t broker_session_timeout_ms = 1'500;
  std::int64_t broker_heartbeat_interval_ms = 250;
  /// A replica that lives, but has not caught up for so long leaves the in-sync set.
  std::int64_t replica_lag_time_max_ms = 10'000;
  /// PEM files for the connections between nodes: all three, or none of them.
  std::string tls_ca_file;
  std::string tls_certificate_file;
  std::string tls_key_file;

  // --- defaults of topics, under Kafka's names; a topic's own configuration goes before them ---
  bool auto_create_topics_enable = true;
  std::int32_t num_partitions = 1;
  std::int32_t default_replication_factor = 1;
  /// 0 is a majority of the replicas.
  std::int32_t min_insync_replicas = 0;
  /// -1 keeps everything.
  std::int64_t log_retention_ms = 7ll * 24 * 60 * 60 * 1000;
  /// -1 keeps everything.
  std::int64_t log_retention_bytes = -1;
  std::int64_t log_segment_bytes = 1ll * limits::gib;
  std::int64_t log_roll_ms = 7ll * 24 * 60 * 60 * 1000;
  std::int64_t log_index_interval_bytes = 4 * limits::kib;
  std::int64_t message_max_bytes = 1'048'588;
  /// "CreateTime" or "LogAppendTime".
  std::string log_message_timestamp_type = "CreateTime";
  /// How far a record's own time may lie behind or ahead of the node's.
  std::int64_t log_message_timestamp_before_max_ms = INT64_MAX;
  std::int64_t log_message_timestamp_after_max_ms = 60ll * 60 * 1000;

  // --- the node ---
  std::int64_t log_retention_check_interval_ms = 5ll * 60 * 1000;
  /// An idempotent producer that is silent for so long is forgotten.
  std::int64_t producer_id_expiration_ms = 24ll * 60 * 60 * 1000;
  std::int32_t connections_max = limits::connections_max;
  std::int64_t connections_max_idle_ms = 10ll * 60 * 1000;
  std::int64_t socket_request_max_bytes = limits::frame_max_bytes;
  std::int64_t fetch_max_bytes = limits::fetch_max_bytes;
  std::int32_t max_incremental_fetch_session_cache_slots = 1'000;
  std::int64_t journal_file_bytes = limits::journal_file_size_bytes;
  std::int32_t journal_files = limits::journal_files_max;
  /// Records kept in memory; 0 lets the node choose: a quarter of the machine's memory, with a cap.
  std::int64_t cache_bytes = 0;
  /// From SIGTERM to the end of the process, whatever is left to do.
  std::int64_t shutdown_timeout_ms = 30'000;
  /// "trace", "debug", "info", "warning" or "error".
  std::string log_level = "info";
  /// "text" or "json".
  std::string log_format = "text";

  bool is_controller() const { return roles != "broker"; }
  bool is_broker() const { return roles != "controller"; }
  bool joins() const { return !join.empty(); }
  bool has_tls() const { return !tls_ca_file.empty(); }

  bool operator==(const node_options&) const = default;
};

} // namespace troupe::config
