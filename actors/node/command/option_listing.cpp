#include "actors/node/command/option_listing.hpp"

#include "actors/node/command/json_line.hpp"
#include "actors/node/command/text_table.hpp"
#include "actors/node/command/topic_settings.hpp"
#include "config/quantity.hpp"
#include "runtime/metadata/topic_config.hpp"

#include <algorithm>
#include <cstdint>

namespace troupe::command {

namespace {

constexpr std::string_view page_head =
    R"(# Options

Written by `troupe config list --markdown`; a test fails when it differs. `troupe config check FILE` reads a file and says
what is wrong in it, for one node or a whole cluster. Times and sizes may have a unit: `"36h"`, `"64MiB"`; a plain number is milliseconds or bytes.
)";

std::string_view unit_of(const metadata::config_option& option) {
  using enum metadata::option_type;
  if (option.name.ends_with(".ms"))
    return "ms";
  if (option.name.ends_with(".bytes"))
    return "bytes";
  switch (option.type) {
  case boolean:
    return "true or false";
  case text:
    return option.choices.empty() ? "text" : "word";
  case list:
    return "words";
  default:
    return "number";
  }
}

std::string shown_default(const metadata::config_option& option) {
  auto value = std::string{option.default_value};
  if (config::parse_integer(value) == INT64_MAX)
    return "no limit";
  if (option.name == "min.insync.replicas" && value == "0")
    return "a majority";
  return value.empty() ? "none" : value + unit_remark(option.name, value);
}

/// " A node's default: log_retention_ms." if a node's file can give topics another default.
std::string default_remark(const metadata::config_option& option) {
  auto* of_node = metadata::find_default_of(option);
  std::string name{of_node ? of_node->is.name : std::string_view{}};
  std::replace(name.begin(), name.end(), '.', '_');
  for (auto& row : config::node_option_table())
    if (row.name == name)
      return " Its default is the node's " + name + '.';
  return {};
}

config::listed_option in_words(const metadata::config_option& option) {
  std::string sentence{option.documentation};
  if (option.effect == metadata::option_effect::none)
    sentence += " Taken and shown, without effect.";
  return {std::string{option.name}, shown_default(option), std::string{unit_of(option)},
          metadata::allowed_values(option), sentence};
}

std::vector<config::listed_option> list_topic_options() {
  std::vector<config::listed_option> all;
  for (auto& option : metadata::topic_options_table()) {
    all.push_back(in_words(option));
    all.back().sentence += default_remark(option);
  }
  return all;
}

/// The option in a node's file that a broker's option has its value from unless it is set; null if there is none.
const config::listed_option* source_of(const metadata::broker_option& option) {
  static const auto all = config::list_node_options();
  std::string name{option.is.name == "max.connections" ? "connections_max" : option.is.name};
  std::replace(name.begin(), name.end(), '.', '_');
  auto found = std::find_if(all.begin(), all.end(), [&](auto& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<config::listed_option> list_broker_options() {
  std::vector<config::listed_option> all;
  for (auto& option : metadata::broker_options_table()) {
    if (!option.dynamic)
      continue;
    auto words = in_words(option.is);
    if (auto* source = source_of(option)) {
      if (option.is.default_value.empty())
        words.default_value = source->default_value;
      words.sentence += " Its default is the node's " + source->name + '.';
    }
    words.sentence += option.topic ? " Dynamic: for topics that have no " + std::string{option.topic->name} + " of their own."
                                   : std::string{" Dynamic."};
    all.push_back(std::move(words));
  }
  return all;
}

/// A bar would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != text.npos; at += 2)
    text.insert(at, 1, '\\');
  return text;
}

} // namespace

std::vector<option_group> list_options(std::string_view word) {
  std::vector<option_group> groups{
      {"node", "Options of a node", "At the top of the file, or on the command line with --set NAME=VALUE.",
       config::list_node_options()},
      {"listener", "Options of a listener",
       "Under [[listeners]], once for each address; on the command line with --listen.",
       config::list_listener_options()},
      {"cluster", "Options of a cluster",
       "At the top of a file with [[node]]s, beside the options of a node, which hold for all of them there.",
       config::list_cluster_options()},
      {"member", "Options of a node of a cluster", "Under [[node]], beside the options of a node but for node_id.",
       config::list_member_options()},
      {"new topic", "Topics of a cluster",
       "Under [[topic]], beside the options of a topic: retention.ms = \"7d\". `troupe up` makes those that are not there.",
       config::list_topic_entry_options()},
      {"topic", "Options of a topic",
       "For one topic, with troupe topic create or troupe topic alter and --option NAME=VALUE, or by any Kafka client.",
       list_topic_options()},
      {"broker", "Options of a running broker",
       "Dynamic: of one broker, or of all of them, while they run; by any Kafka client, such as kafka-configs "
       "--entity-type brokers --alter. What was set so holds before what is in the node's file.",
       list_broker_options()}};
  for (auto& group : groups)
    std::erase_if(group.options, [&](auto& option) { return option.name.find(word) == option.name.npos; });
  std::erase_if(groups, [](auto& group) { return group.options.empty(); });
  return groups;
}

std::string options_as_text(const std::vector<option_group>& groups) {
  std::string text;
  for (auto& group : groups) {
    text += (text.empty() ? "" : "\n") + group.title + ": " + group.where + "\n\n";
    text_table table;
    table.row({"NAME", "DEFAULT", "UNIT", "ALLOWED", "MEANING"});
    for (auto& option : group.options)
      table.row({option.name, option.default_value, option.unit, option.allowed.empty() ? "any" : option.allowed,
                 option.sentence});
    text += table.str();
  }
  return text;
}

std::string options_as_json(const std::vector<option_group>& groups) {
  std::string text;
  for (auto& group : groups)
    for (auto& option : group.options) {
      json_line line;
      line.text("of", group.name).text("name", option.name).text("default", option.default_value);
      line.text("unit", option.unit).text("allowed", option.allowed).text("meaning", option.sentence);
      text += line.str() + '\n';
    }
  return text;
}

std::string options_as_markdown(const std::vector<option_group>& groups) {
  std::string text{page_head};
  for (auto& group : groups) {
    text += "\n## " + group.title + "\n\n" + group.where + "\n\n";
    text += "| Option | Default | Unit | Allowed | Meaning |\n|---|---|---|---|---|\n";
    for (auto& option : group.options)
      text += "| `" + option.name + "` | " + cell(option.default_value) + " | " + option.unit + " | "
              + cell(option.allowed.empty() ? "any" : option.allowed) + " | " + cell(option.sentence) + " |\n";
  }
  return text;
}

} // namespace troupe::command
