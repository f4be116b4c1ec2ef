#include "runtime/metadata/topic_config.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace troupe::metadata {

namespace {

constexpr std::size_t value_max_bytes = 32'767;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view{}
                            : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  if (trimmed(text).empty())
    return parts;
  for (std::size_t begin = 0;;) {
    auto end = text.find(',', begin);
    parts.push_back(trimmed(text.substr(begin, end - begin)));
    if (end == text.npos)
      return parts;
    begin = end + 1;
  }
}

template <class T>
std::optional<T> to_number(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-')
    text.remove_prefix(1);
  T value{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_choice(const topic_option& option, std::string_view word) {
  auto choices = split_list(option.choices);
  return std::find(choices.begin(), choices.end(), word) != choices.end();
}

bool is_boolean(const topic_option& option, std::string_view value) {
  for (auto choice : split_list(option.choices))
    if (equal_ignoring_case(trimmed(value), choice))
      return true;
  return false;
}

bool is_list(const topic_option& option, std::string_view value) {
  auto parts = split_list(value);
  if (option.choices.empty())
    return std::none_of(parts.begin(), parts.end(), [](auto part) { return part.empty(); });
  return !parts.empty()
         && std::all_of(parts.begin(), parts.end(), [&](auto part) { return is_choice(option, part); });
}

bool is_valid(const topic_option& option, std::string_view value) {
  if (value.size() > value_max_bytes)
    return false;
  switch (option.type) {
  case option_type::boolean:
    return is_boolean(option, value);
  case option_type::int32:
  case option_type::int64: {
    auto number = to_number<std::int64_t>(value);
    return number && *number >= option.least && *number <= option.most;
  }
  case option_type::float64: {
    auto number = to_number<double>(value);
    return number && *number >= static_cast<double>(option.least)
           && *number <= static_cast<double>(option.most);
  }
  case option_type::text:
    return option.choices.empty() || is_choice(option, trimmed(value));
  case option_type::list:
    return is_list(option, value);
  }
  return false;
}

/// Looks an option up among the topic's own settings, then the broker's, then the table.
class resolver {
public:
  resolver(const config_overrides& topic, const config_overrides& broker) : topic_(topic), broker_(broker) {}

  effective_config find(const topic_option& option) const {
    if (auto own = topic_.find(option.name); own != topic_.end() && is_valid(option, own->second))
      return {&option, own->second, config_source::topic};
    if (auto own = broker_.find(option.name); own != broker_.end())
      return {&option, own->second, config_source::broker};
    return {&option, std::string{option.default_value}, config_source::built_in};
  }

  std::string text(std::string_view name) const {
    auto* option = find_topic_option(name);
    CHECK(option, "every option that is used is in the table");
    return find(*option).value;
  }
  std::int64_t number(std::string_view name) const { return to_number<std::int64_t>(text(name)).value(); }
  std::int32_t number32(std::string_view name) const { return static_cast<std::int32_t>(number(name)); }
  bool flag(std::string_view name) const { return equal_ignoring_case(trimmed(text(name)), "true"); }
  bool listed(std::string_view name, std::string_view word) const {
    auto value = text(name);
    auto parts = split_list(value);
    return std::find(parts.begin(), parts.end(), word) != parts.end();
  }

private:
  const config_overrides& topic_;
  const config_overrides& broker_;
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

} // namespace

std::string allowed_values(const topic_option& option) {
  switch (option.type) {
  case option_type::boolean:
    return option.choices == "false" ? "false" : "true or false";
  case option_type::int32:
  case option_type::int64:
  case option_type::float64: {
    auto text = "a number from " + std::to_string(option.least);
    auto bound = option.type == option_type::int32 ? std::numeric_limits<std::int32_t>::max()
                                                   : std::numeric_limits<std::int64_t>::max();
    return option.most == bound && option.type == option_type::int64
               ? text
               : text + " to " + std::to_string(option.most);
  }
  case option_type::text:
    return option.choices.empty() ? "any text" : "one of " + std::string{option.choices};
  case option_type::list:
    return option.choices.empty() ? "a comma-separated list"
                                  : "one or more of " + std::string{option.choices};
  }
  return {};
}

result<void> validate_topic_option(std::string_view key, std::string_view value) {
  auto* option = find_topic_option(key);
  if (!option)
    return fail(errc::invalid_config, "there is no topic option " + std::string{key.substr(0, 200)});
  if (!is_valid(*option, value))
    return fail(errc::invalid_config, std::string{key} + " = " + std::string{value.substr(0, 200)}
                                          + ": must be " + allowed_values(*option));
  return {};
}

result<void> validate_topic_options(const config_overrides& overrides) {
  for (auto& [key, value] : overrides)
    if (auto valid = validate_topic_option(key, value); !valid)
      return valid;
  config_overrides none;
  resolver options{overrides, none};
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

result<topic_defaults> topic_defaults::make(config_overrides broker_settings) {
  if (auto valid = validate_topic_options(broker_settings); !valid)
    return fail(std::move(valid));
  topic_defaults made;
  made.broker_ = std::move(broker_settings);
  return made;
}

topic_options topic_defaults::resolve(const config_overrides& topic) const {
  resolver from{topic, broker_};
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
  o.cleanup_delete = from.listed("cleanup.policy", "delete");
  o.cleanup_compact = from.listed("cleanup.policy", "compact");
  return o;
}

std::vector<effective_config> topic_defaults::describe(const config_overrides& topic,
                                                       std::int32_t replication_factor) const {
  resolver from{topic, broker_};
  std::vector<effective_config> all;
  for (auto& option : topic_options_table()) {
    auto& shown = all.emplace_back(from.find(option));
    if (option.name == "min.insync.replicas" && shown.source == config_source::built_in)
      shown.value = std::to_string(effective_min_insync(resolve({}), replication_factor));
  }
  return all;
}

} // namespace troupe::metadata
