// The options of a topic: names, types, defaults and ranges are Kafka's (apache/kafka, TopicConfig), so that
// its tools and clients find what they expect. A broker may set other defaults; a topic may override each.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/metadata/image.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::metadata {

enum class option_type : std::uint8_t { boolean, int32, int64, float64, text, list };

/// How far Troupe honours an option.
enum class option_effect : std::uint8_t {
  full,
  partial, // the documentation says what is missing
  none,    // accepted and shown, so that clients which set it can create their topics; changes nothing
};

struct topic_option {
  std::string_view name;
  option_type type;
  std::string_view default_value;
  std::int64_t least;       // of numbers
  std::int64_t most;        // of numbers; the type's largest: no bound
  std::string_view choices; // of texts and lists, comma-separated; empty: anything
  option_effect effect;
  std::string_view documentation;
};

/// What an option's value may be, for a person: "a number from -1".
std::string allowed_values(const topic_option& option);

/// Every option, by name.
std::span<const topic_option> topic_options_table();
/// Null if there is none.
const topic_option* find_topic_option(std::string_view name);

/// Error invalid_config with a sentence that names key, value and what is allowed.
result<void> validate_topic_option(std::string_view key, std::string_view value);
/// All of a topic's overrides, and that they fit together.
result<void> validate_topic_options(const config_overrides& overrides);

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
  bool cleanup_delete = true;
  bool cleanup_compact = false;

  friend bool operator==(const topic_options&, const topic_options&) = default;
};

/// What min.insync.replicas comes to for a topic with so many replicas: never more than there are.
std::int32_t effective_min_insync(const topic_options& options, std::int32_t replication_factor);

enum class config_source : std::uint8_t {
  topic,    // set for this topic
  broker,   // set as the default in the node's own configuration
  built_in, // Kafka's default
};

/// One option as it holds for a topic, as DescribeConfigs and CreateTopics show it.
struct effective_config {
  const topic_option* option = nullptr; // never null
  std::string value;
  config_source source = config_source::built_in;
};

/// The defaults of topics on this cluster: Kafka's, but for what the node's configuration sets.
class topic_defaults {
public:
  topic_defaults() = default;
  /// Error invalid_config. Keys are the topic options' names.
  static result<topic_defaults> make(config_overrides broker_settings);

  /// What holds for a topic that overrides `topic`. Values that aren't valid (written by another version) are
  /// ignored.
  topic_options resolve(const config_overrides& topic) const;
  /// Every option, by name.
  std::vector<effective_config> describe(const config_overrides& topic,
                                         std::int32_t replication_factor) const;

private:
  config_overrides broker_;
};

} // namespace troupe::metadata
