// troupe topic describe
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/offsets.hpp"
#include "actors/node/command/text_table.hpp"
#include "actors/node/command/topic_actions.hpp"
#include "actors/node/command/topic_settings.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::command {

namespace {

using offset_map = std::map<partition_id, offset>;

/// Everything that is shown of one topic.
struct topic_description {
  topic_info topic;
  offset_map first;
  offset_map end;
  /// Nothing: the node does not tell.
  std::optional<std::vector<described_option>> options;
};

std::string joined(const std::vector<std::int32_t>& numbers) {
  std::string text;
  for (auto number : numbers)
    text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

/// Without its value on this topic an option has this one.
std::optional<std::string> value_without_topic(const described_option& option) {
  for (auto& synonym : option.synonyms)
    if (source_name(synonym.source) != "topic")
      return synonym.value;
  return std::nullopt;
}

std::string to_json(const described_option& option) {
  json_line line;
  line.text("name", option.name).bytes("value", option.value).text("source", source_name(option.config_source));
  if (auto other = value_without_topic(option))
    line.text("default", *other);
  line.boolean("read_only", option.read_only);
  if (option.documentation)
    line.text("documentation", *option.documentation);
  return line.str();
}

std::string to_json(const partition_info& partition, const topic_description& about) {
  json_line line;
  line.number("partition", partition.partition.value()).number("leader", partition.leader);
  line.number("leader_epoch", partition.leader_epoch);
  line.numbers("replicas", partition.replicas).numbers("in_sync", partition.in_sync);
  line.number("first_offset", about.first.at(partition.partition).value());
  line.number("end_offset", about.end.at(partition.partition).value());
  return line.str();
}

std::string to_json(const topic_description& about) {
  std::vector<std::string> partitions;
  for (auto& partition : about.topic.partitions)
    partitions.push_back(to_json(partition, about));
  json_line line;
  line.text("topic", about.topic.name).text("id", about.topic.id.to_string());
  line.boolean("internal", about.topic.is_internal).raw("partitions", to_json_array(partitions));
  if (about.options) {
    std::vector<std::string> options;
    for (auto& option : *about.options)
      options.push_back(to_json(option));
    line.raw("options", to_json_array(options));
  }
  return line.str();
}

/// With everything, or only what was set for this topic.
std::string options_text(const std::vector<described_option>& options, bool all) {
  text_table table;
  for (auto& option : options) {
    auto source = source_name(option.config_source);
    if (!all && source != "topic")
      continue;
    auto value = option.value.value_or("");
    auto remark = source == "topic" ? std::string{"set for this topic"} : "from: " + std::string{source};
    if (auto other = value_without_topic(option); source == "topic" && other)
      remark += ", otherwise " + *other + unit_remark(option.name, *other);
    table.row({"option " + option.name, value + unit_remark(option.name, value), remark});
  }
  return table.str("  ");
}

std::string to_text(const topic_description& about, bool with_all_options) {
  auto& topic = about.topic;
  auto text = topic.name + "  id " + topic.id.to_string() + "  partitions "
              + std::to_string(topic.partitions.size()) + '\n';
  for (auto& partition : topic.partitions)
    text += "  partition " + std::to_string(partition.partition.value()) + "  leader "
            + std::to_string(partition.leader) + " (epoch " + std::to_string(partition.leader_epoch)
            + ")  replicas " + joined(partition.replicas) + "  in sync " + joined(partition.in_sync)
            + "  offsets " + std::to_string(about.first.at(partition.partition).value()) + " to "
            + std::to_string(about.end.at(partition.partition).value()) + '\n';
  if (about.options)
    text += options_text(*about.options, with_all_options);
  return text;
}

result<topic_description> look_at(kafka_client& client, const std::string& name, bool needs_options) {
  topic_description about;
  auto topic = client.topic(name, false);
  if (!topic)
    return fail(std::move(topic));
  about.topic = std::move(*topic);
  auto first = list_offsets(client, about.topic, earliest_offset);
  if (!first)
    return fail(std::move(first));
  about.first = std::move(*first);
  auto end = list_offsets(client, about.topic, latest_offset);
  if (!end)
    return fail(std::move(end));
  about.end = std::move(*end);
  auto options = describe_topic_options(client, name, needs_options);
  if (options)
    about.options = std::move(*options);
  else if (needs_options || !(options.error() == errc::unsupported_version))
    return fail(std::move(options));
  return about;
}

} // namespace

int describe_topics(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  auto names = chosen_topics(arguments, client);
  if (!names)
    return report(to, names.error());
  int code = exit_done;
  for (auto& name : *names) {
    auto about = look_at(client, name, arguments.with_options);
    if (!about)
      code = report(to, about.error());
    else
      to.out << (arguments.is_json ? to_json(*about) + '\n' : to_text(*about, arguments.with_options));
  }
  return code;
}

} // namespace troupe::command
