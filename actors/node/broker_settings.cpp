#include "actors/node/broker_settings.hpp"

#include <concepts>
#include <string>

namespace troupe {

namespace {

class broker_settings_maker {
public:
  explicit broker_settings_maker(const config::node_options& options) : options_(options) {}

  /// An option that the node has a default for.
  template <class T>
  void add(const char* name, T config::node_options::*member) {
    add(name, options_.*member, defaults_.*member);
  }

  /// A default of topics: the table of options knows what holds if nobody says anything.
  template <class T>
  void add_for_topics(const char* name, T config::node_options::*member) {
    if (options_.*member != defaults_.*member)
      made.set[name] = text(options_.*member);
  }

  void set(const char* name, std::string value) { made.set[name] = std::move(value); }

  metadata::broker_settings made;

private:
  template <class T>
  void add(const char* name, const T& value, const T& normal) {
    made.built_in[name] = text(normal);
    if (value != normal)
      made.set[name] = text(value);
  }

  static std::string text(const std::string& value) { return value; }
  static std::string text(bool value) { return value ? "true" : "false"; }
  template <std::integral T>
  static std::string text(T value) {
    return std::to_string(value);
  }

  const config::node_options& options_;
  config::node_options defaults_;
};

std::string listeners_text(const config::node_options& options, bool advertised) {
  std::string text;
  for (auto& listener : options.listeners) {
    auto& host = advertised && !listener.advertised_host.empty() ? listener.advertised_host : listener.host;
    auto port = advertised && listener.advertised_port != 0 ? listener.advertised_port : listener.port;
    text += (text.empty() ? "PLAINTEXT://" : ",PLAINTEXT://") + host + ":" + std::to_string(port);
  }
  return text;
}

} // namespace

metadata::broker_settings broker_settings_of(const config::node_options& options) {
  using o = config::node_options;
  broker_settings_maker maker{options};
  maker.add_for_topics("log.retention.ms", &o::log_retention_ms);
  maker.add_for_topics("log.retention.bytes", &o::log_retention_bytes);
  maker.add_for_topics("log.segment.bytes", &o::log_segment_bytes);
  maker.add_for_topics("log.roll.ms", &o::log_roll_ms);
  maker.add_for_topics("log.index.interval.bytes", &o::log_index_interval_bytes);
  maker.add_for_topics("message.max.bytes", &o::message_max_bytes);
  maker.add_for_topics("log.message.timestamp.before.max.ms", &o::log_message_timestamp_before_max_ms);
  maker.add_for_topics("log.message.timestamp.after.max.ms", &o::log_message_timestamp_after_max_ms);
  maker.add_for_topics("log.message.timestamp.type", &o::log_message_timestamp_type);
  maker.add_for_topics("min.insync.replicas", &o::min_insync_replicas);
  maker.add("auto.create.topics.enable", &o::auto_create_topics_enable);
  maker.add("num.partitions", &o::num_partitions);
  maker.add("default.replication.factor", &o::default_replication_factor);
  maker.add("log.retention.check.interval.ms", &o::log_retention_check_interval_ms);
  maker.add("producer.id.expiration.ms", &o::producer_id_expiration_ms);
  maker.add("max.connections", &o::connections_max);
  maker.add("connections.max.idle.ms", &o::connections_max_idle_ms);
  maker.add("socket.request.max.bytes", &o::socket_request_max_bytes);
  maker.add("fetch.max.bytes", &o::fetch_max_bytes);
  maker.add("max.incremental.fetch.session.cache.slots", &o::max_incremental_fetch_session_cache_slots);
  maker.add("journal.file.bytes", &o::journal_file_bytes);
  maker.add("journal.files", &o::journal_files);
  maker.add("cache.bytes", &o::cache_bytes);
  maker.add("shutdown.timeout.ms", &o::shutdown_timeout_ms);
  maker.add("log.level", &o::log_level);
  maker.add("log.format", &o::log_format);
  maker.add("broker.rack", &o::rack);
  if (!options.rack.empty())
    maker.set("replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector");
  maker.set("node.id", std::to_string(options.node_id));
  maker.set("broker.id", std::to_string(options.node_id));
  maker.set("log.dir", options.data_directory);
  maker.set("log.dirs", options.data_directory);
  maker.set("listeners", listeners_text(options, false));
  maker.set("advertised.listeners", listeners_text(options, true));
  return maker.made;
}

} // namespace troupe
