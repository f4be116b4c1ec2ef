// The options of a broker: the defaults that it gives topics, and its own. Where Kafka lets an option be
// changed while the broker runs, so does Troupe; the others come from the node's configuration and hold from
// its next start.
#pragma once

#include "runtime/metadata/config_option.hpp"
#include "runtime/metadata/image.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::metadata {

struct broker_option {
  config_option is;
  const config_option* topic; // gives topics their default of this option; null: concerns the broker itself
  bool dynamic;               // can be set while the broker runs
};

/// Every option, by name.
std::span<const broker_option> broker_options_table();
/// Null if there is none.
const broker_option* find_broker_option(std::string_view name);
/// The option by which a broker gives topics their default of `topic`; null if it can't.
const broker_option* find_default_of(const config_option& topic);
/// invalid_config, with the name that was probably meant.
error unknown_broker_option(std::string_view name, bool with_hint = true);

/// Where a value comes from, the strongest first.
enum class config_source : std::uint8_t {
  topic,       // set for this topic
  one_broker,  // set for this broker while it runs
  all_brokers, // set for every broker while it runs
  node,        // set in the node's own configuration
  built_in,    // Kafka's default
};

/// A value that an option has or would have if all before it were taken away.
struct config_synonym {
  std::string_view name; // in the tables
  std::string value;
  config_source source = config_source::built_in;
};

/// One option as it holds for a topic or a broker, as DescribeConfigs and CreateTopics show it.
struct effective_config {
  const config_option* option = nullptr; // never null
  std::string value;
  config_source source = config_source::built_in;
  bool read_only = false;
  std::vector<config_synonym> synonyms; // the first one is what holds
};

/// What a node's own configuration says, by the names of broker options.
struct broker_settings {
  config_overrides set;      // what somebody wrote there
  config_overrides built_in; // what holds of the rest, where the table has no default
};

broker_overrides no_broker_overrides();

/// Everything that holds for a broker, by name.
std::vector<effective_config> describe_broker(const broker_settings& node, broker_overrides dynamic);
/// What is set for every broker.
std::vector<effective_config> describe_every_broker(const config_overrides& all);

/// The value of a broker's own number that was set while it runs; nothing if there is none.
std::optional<std::int64_t> dynamic_number(std::string_view name, broker_overrides dynamic);

} // namespace troupe::metadata
