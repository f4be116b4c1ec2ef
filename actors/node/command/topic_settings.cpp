#include "actors/node/command/topic_settings.hpp"

#include "config/quantity.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

constexpr std::int8_t topic_resource = 2;

bool is_duration(std::string_view name) { return name.ends_with(".ms"); }

bool is_size(std::string_view name) { return name.ends_with(".bytes"); }

} // namespace

std::string plain_option_value(std::string_view name, std::string_view value) {
  std::optional<std::int64_t> number;
  if (!config::parse_integer(value)) {
    if (is_duration(name))
      number = config::parse_duration_ms(value);
    else if (is_size(name))
      number = config::parse_size_bytes(value);
  }
  return number ? std::to_string(*number) : std::string{value};
}

result<topic_setting> parse_topic_setting(std::string_view text) {
  auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return fail(errc::invalid_argument, "'" + std::string{text} + "' has no "
                                            + (equals == 0 ? "name" : "value")
                                            + ": write --option NAME=VALUE");
  auto name = text.substr(0, equals);
  return topic_setting{std::string{name}, plain_option_value(name, text.substr(equals + 1))};
}

std::string unit_remark(std::string_view name, std::string_view value) {
  auto number = config::parse_integer(value);
  if (!number || *number <= 0 || (!is_duration(name) && !is_size(name)))
    return {};
  auto text = is_duration(name) ? config::format_duration(*number) : config::format_size(*number);
  // Milliseconds and bytes are what stands there already.
  return text.ends_with("ms") || config::parse_integer(text) || text == std::string{value} + "B"
             ? std::string{}
             : " (" + text + ")";
}

std::string_view source_name(std::int8_t config_source) noexcept {
  switch (config_source) {
  case 1:
    return "topic";
  case 2: // set for one node, for all nodes, in a node's file
  case 3:
  case 4:
    return "node";
  case 5:
    return "default";
  default:
    return "unknown";
  }
}

result<std::vector<described_option>> describe_topic_options(kafka_client& client, const std::string& topic,
                                                             bool with_documentation) {
  wire::describe_configs_request request;
  request.include_synonyms = true;
  request.include_documentation = with_documentation;
  request.resources.push_back({topic_resource, topic, std::nullopt});
  auto answer = client.call_any<wire::describe_configs_response>(request);
  if (!answer)
    return fail(std::move(answer));
  if (answer->results.size() != 1)
    return fail(errc::malformed, "the node did not say anything about the options of topic '" + topic + "'");
  auto& about = answer->results[0];
  if (about.error_code != wire::number(wire::error_code::none))
    return fail(errc::invalid_request,
                "the options of topic '" + topic + "': " + describe(about.error_code, about.error_message));
  auto options = std::move(about.configs);
  std::sort(options.begin(), options.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return options;
}

} // namespace troupe::command
