// The options of topics as the command line writes and shows them: NAME=VALUE with units, and what a node says
// of each.
#pragma once

#include "actors/node/command/kafka_client.hpp"
#include "runtime/wire/describe_configs.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

/// An option and the value that it is to have, as it goes over the wire.
struct topic_setting {
  std::string name;
  std::string value;

  bool operator==(const topic_setting&) const = default;
};

/// The wire's plain number for what people write: "7d" -> "604800000" for options that end in .ms, and the like.
std::string plain_option_value(std::string_view name, std::string_view value);

/// "retention.ms=7d" -> {"retention.ms", "604800000"}: options that end in .ms and .bytes may have a unit, any
/// other value goes as it is written, for the node to judge. invalid_argument: no '=', or no name before it.
result<topic_setting> parse_topic_setting(std::string_view text);

/// " (1d)" for an option of 86400000 ms, " (1GiB)" for one of bytes, nothing for values that read well without.
std::string unit_remark(std::string_view name, std::string_view value);

/// Where the value of an option comes from, in the numbers of DescribeConfigs: "topic", "node" or "default".
std::string_view source_name(std::int8_t config_source) noexcept;

using described_option = wire::describe_configs_response::describe_configs_resource_result;

/// All options of a topic, by name. unsupported_version: the node does not tell.
result<std::vector<described_option>> describe_topic_options(kafka_client& client, const std::string& topic,
                                                             bool with_documentation);

} // namespace troupe::command
