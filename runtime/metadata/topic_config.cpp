#include "runtime/metadata/topic_config.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <utility>

namespace troupe::metadata {

namespace {

/// Looks an option up among the topic's own settings, then the broker's, then the table.
class resolver {
public:
  resolver(const config_overrides& topic, broker_overrides dynamic, const broker_settings& node)
      : topic_(topic), dynamic_(dynamic), node_(node) {}

  /// f(name, value, source) for each place that says something, the strongest first, until f returns true.
  template <class F>
  void for_each_place(const config_option& option, F&& f) const {
    auto found_in = [&](const config_overrides& overrides, std::string_view name, config_source source) {
      auto found = overrides.find(name);
      return found != overrides.end() && validate_value(option, found->second)
             && f(name, std::string_view{found->second}, source);
    };
    if (found_in(topic_, option.name, config_source::topic))
      return;
    auto name = option.name;
    if (auto* broker = find_default_of(option)) {
      name = broker->is.name;
      if (found_in(dynamic_.one, name, config_source::one_broker)
          || found_in(dynamic_.all, name, config_source::all_brokers)
          || found_in(node_.set, name, config_source::node))
        return;
    }
    f(name, option.default_value, config_source::built_in);
  }

  std::string text(std::string_view name) const {
    auto* option = find_topic_option(name);
    CHECK(option, "every option that is used is in the table");
    std::string value;
    for_each_place(*option, [&value](auto, std::string_view first, auto) {
      value = first;
      return true;
    });
    return value;
  }
  std::int64_t number(std::string_view name) const { return to_int64(text(name)).value(); }
  std::int32_t number32(std::string_view name) const { return static_cast<std::int32_t>(number(name)); }
  bool listed(std::string_view name, std::string_view word) const {
    auto value = text(name);
    auto parts = split_list(value);
    return std::find(parts.begin(), parts.end(), word) != parts.end();
  }

private:
  const config_overrides& topic_;
  broker_overrides dynamic_;
  const broker_settings& node_;
};

compression_option to_compression(std::string_view value) {
  using enum compression_option;
  constexpr std::pair<std::string_view, compression_option> names[] = {
      {"gzip", gzip}, {"lz4", lz4}, {"snappy", snappy}, {"uncompressed", uncompressed}, {"zstd", zstd}};
  for (auto& [name, option] : names)
    if (name == trimmed(value))
      return option;
  return producer;
}

bool is_replica_list(const config_option& option) {
  return option.name == "leader.replication.throttled.replicas"
         || option.name == "follower.replication.throttled.replicas";
}

bool is_replica_name(std::string_view part) {
  auto colon = part.find(':');
  auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  };
  return colon != part.npos && is_number(part.substr(0, colon)) && is_number(part.substr(colon + 1));
}

result<void> validate_replica_list(const config_option& option, std::string_view value) {
  auto parts = split_list(value);
  if (trimmed(value) == "*" || std::all_of(parts.begin(), parts.end(), is_replica_name))
    return {};
  return fail(errc::invalid_config, std::string{option.name} + " = " + std::string{value.substr(0, 200)}
                                        + ": must be * or a list of partition:broker, as in 0:1,0:2");
}

} // namespace

error unknown_topic_option(std::string_view name, bool with_hint) {
  if (auto* broker = find_broker_option(name); broker && broker->topic)
    return {errc::invalid_config, "there is no topic option " + std::string{name} + ": topics have it as "
                                      + std::string{broker->topic->name}};
  std::vector<std::string_view> names;
  if (with_hint)
    for (auto& option : topic_options_table())
      names.push_back(option.name);
  return {errc::invalid_config,
          "there is no topic option " + std::string{name.substr(0, 200)} + near_option(name, names)};
}

bool lists_replica(std::string_view throttled, partition_id partition, node_id broker) {
  auto wanted = std::to_string(partition.value()) + ":" + std::to_string(broker.value());
  auto parts = split_list(throttled);
  return std::any_of(parts.begin(), parts.end(), [&](auto part) { return part == "*" || part == wanted; });
}

result<void> validate_topic_option(std::string_view key, std::string_view value, bool with_hint) {
  if (auto* option = find_topic_option(key)) {
    auto valid = validate_value(*option, value);
    return valid && is_replica_list(*option) ? validate_replica_list(*option, value) : valid;
  }
  return tl::unexpected<error>(unknown_topic_option(key, with_hint));
}

result<void> validate_topic_options(const config_overrides& overrides, bool with_hint) {
  for (auto& [key, value] : overrides)
    if (auto valid = validate_topic_option(key, value, with_hint); !valid)
      return valid;
  broker_settings nothing;
  resolver options{overrides, no_broker_overrides(), nothing};
  if (options.number("min.compaction.lag.ms") > options.number("max.compaction.lag.ms"))
    return fail(errc::invalid_config, "min.compaction.lag.ms = " + options.text("min.compaction.lag.ms")
                                          + ": must be no more than max.compaction.lag.ms, which is "
                                          + options.text("max.compaction.lag.ms"));
  return {};
}

std::int32_t effective_min_insync(const topic_options& options, std::int32_t replication_factor) {
  return options.min_insync_replicas == 0 ? replication_factor / 2 + 1
                                          : std::min(options.min_insync_replicas, replication_factor);
}

result<topic_defaults> topic_defaults::make(broker_settings node) {
  for (auto& [key, value] : node.set) {
    auto* option = find_broker_option(key);
    if (!option)
      return tl::unexpected<error>(unknown_broker_option(key));
    if (auto valid = validate_value(option->is, value); !valid)
      return fail(std::move(valid));
  }
  topic_defaults made;
  made.node_ = std::move(node);
  return made;
}

topic_options topic_defaults::resolve(const config_overrides& topic, broker_overrides dynamic) const {
  resolver from{topic, dynamic, node_};
  topic_options o;
  o.retention_ms = from.number("retention.ms");
  o.retention_bytes = from.number("retention.bytes");
  o.segment_bytes = from.number32("segment.bytes");
  o.segment_ms = from.number("segment.ms");
  o.index_interval_bytes = from.number32("index.interval.bytes");
  o.max_message_bytes = from.number32("max.message.bytes");
  o.message_timestamp_type = trimmed(from.text("message.timestamp.type")) == "LogAppendTime"
                                 ? timestamp_type::log_append_time
                                 : timestamp_type::create_time;
  o.message_timestamp_before_max_ms = from.number("message.timestamp.before.max.ms");
  o.message_timestamp_after_max_ms = from.number("message.timestamp.after.max.ms");
  o.min_insync_replicas = from.number32("min.insync.replicas");
  o.compression = to_compression(from.text("compression.type"));
  o.gzip_level = from.number32("compression.gzip.level");
  o.lz4_level = from.number32("compression.lz4.level");
  o.zstd_level = from.number32("compression.zstd.level");
  o.leader_throttled_replicas = from.text("leader.replication.throttled.replicas");
  o.follower_throttled_replicas = from.text("follower.replication.throttled.replicas");
  o.producer_id_expiration_ms = dynamic_number("producer.id.expiration.ms", dynamic);
  o.cleanup_delete = from.listed("cleanup.policy", "delete");
  o.cleanup_compact = from.listed("cleanup.policy", "compact");
  return o;
}

replica_rules topic_defaults::rules_of(const topic& t, const metadata_image& image) const {
  resolver from{t.configs, image.overrides_of(every_broker), node_};
  return {from.number32("min.insync.replicas"), to_flag(from.text("unclean.leader.election.enable"))};
}

std::vector<effective_config> topic_defaults::describe(const config_overrides& topic,
                                                       std::int32_t replication_factor,
                                                       broker_overrides dynamic) const {
  resolver from{topic, dynamic, node_};
  std::vector<effective_config> all;
  for (auto& option : topic_options_table()) {
    auto& shown = all.emplace_back(effective_config{&option, {}, config_source::built_in, false, {}});
    from.for_each_place(option,
                        [&shown](std::string_view name, std::string_view value, config_source source) {
                          shown.synonyms.push_back({name, std::string{value}, source});
                          return false;
                        });
    if (option.name == "min.insync.replicas")
      shown.synonyms.back().value = std::to_string(effective_min_insync({}, replication_factor));
    shown.value = shown.synonyms.front().value;
    shown.source = shown.synonyms.front().source;
  }
  return all;
}

} // namespace troupe::metadata
