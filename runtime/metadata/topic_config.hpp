// The options of a topic (apache/kafka, TopicConfig). A broker may set other defaults, in its own
// configuration or while it runs; a topic may override each.
#pragma once

#include "runtime/metadata/broker_config.hpp"
#include "runtime/metadata/config_option.hpp"
#include "runtime/metadata/image.hpp"
#include "runtime/metadata/replica_rules.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::metadata {

/// Every option, by name.
std::span<const config_option> topic_options_table();
/// Null if there is none.
const config_option* find_topic_option(std::string_view name);
/// invalid_config, with the name that was probably meant. Finding that one takes some 100 us: whoever answers
/// strangers does so a few times for each request.
error unknown_topic_option(std::string_view name, bool with_hint = true);

/// Error invalid_config with a sentence that names key, value and what is allowed.
result<void> validate_topic_option(std::string_view key, std::string_view value, bool with_hint = true);
/// All of a topic's overrides, and that they fit together.
result<void> validate_topic_options(const config_overrides& overrides, bool with_hint = true);

enum class timestamp_type : std::uint8_t { create_time, log_append_time };
/// `producer`: keep what the producer chose.
enum class compression_option : std::uint8_t { producer, uncompressed, gzip, snappy, lz4, zstd };

/// The values that hold for one topic. -1 is "no limit" where an option allows it.
struct topic_options {
  std::int64_t retention_ms = 0;
  std::int64_t retention_bytes = 0;
  std::int32_t segment_bytes = 0;
  std::int64_t segment_ms = 0;
  std::int32_t index_interval_bytes = 0;
  std::int32_t max_message_bytes = 0;
  timestamp_type message_timestamp_type = timestamp_type::create_time;
  std::int64_t message_timestamp_before_max_ms = 0;
  std::int64_t message_timestamp_after_max_ms = 0;
  std::int32_t min_insync_replicas = 0; // 0: a majority of the replicas; see effective_min_insync()
  compression_option compression = compression_option::producer;
  std::int32_t gzip_level = 0;
  std::int32_t lz4_level = 0;
  std::int32_t zstd_level = 0;
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  std::string leader_throttled_replicas; // see lists_replica()
  std::string follower_throttled_replicas;
  /// The broker's, if it was set while it runs: how long an idempotent producer is remembered.
  std::optional<std::int64_t> producer_id_expiration_ms;

  friend bool operator==(const topic_options&, const topic_options&) = default;
};

/// Whether a list of throttled replicas ("0:1,0:2" by partition and broker, or "*") names this one.
bool lists_replica(std::string_view throttled, partition_id partition, node_id broker);

/// What min.insync.replicas comes to for a topic with so many replicas: never more than there are.
std::int32_t effective_min_insync(const topic_options& options, std::int32_t replication_factor);

/// The defaults of topics on this cluster: Kafka's, but for what the node's configuration sets and what was
/// set for brokers while they run.
class topic_defaults {
public:
  topic_defaults() = default;
  /// Error invalid_config.
  static result<topic_defaults> make(broker_settings node);

  const broker_settings& node() const { return node_; }

  /// What holds for a topic that overrides `topic`, on a broker with these overrides. Values that aren't
  /// valid (written by another version) are ignored.
  topic_options resolve(const config_overrides& topic,
                        broker_overrides dynamic = no_broker_overrides()) const;
  /// What the states of a topic's partitions depend on. Of what is set for brokers while they run, only what
  /// is set for all of them counts: the controller and every leader must come to the same.
  replica_rules rules_of(const topic& t, const metadata_image& image) const;
  /// Every option, by name.
  std::vector<effective_config> describe(const config_overrides& topic, std::int32_t replication_factor,
                                         broker_overrides dynamic = no_broker_overrides()) const;

private:
  broker_settings node_;
};

} // namespace troupe::metadata
