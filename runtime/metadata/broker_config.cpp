#include "runtime/metadata/broker_config.hpp"

#include <algorithm>

namespace troupe::metadata {

namespace {

const config_synonym* first_of(const std::vector<config_synonym>& synonyms) {
  return synonyms.empty() ? nullptr : &synonyms.front();
}

void add_override(std::vector<config_synonym>& to, const config_option& option, const config_overrides& from,
                  config_source source) {
  if (auto found = from.find(option.name); found != from.end() && validate_value(option, found->second))
    to.push_back({option.name, found->second, source});
}

effective_config describe_one(const broker_option& option, const broker_settings& node,
                              broker_overrides dynamic) {
  effective_config shown{&option.is, {}, config_source::built_in, !option.dynamic, {}};
  if (option.dynamic) {
    add_override(shown.synonyms, option.is, dynamic.one, config_source::one_broker);
    add_override(shown.synonyms, option.is, dynamic.all, config_source::all_brokers);
  }
  add_override(shown.synonyms, option.is, node.set, config_source::node);
  if (auto own = node.built_in.find(option.is.name); own != node.built_in.end())
    shown.synonyms.push_back({option.is.name, own->second, config_source::built_in});
  else
    shown.synonyms.push_back({option.is.name, std::string{option.is.default_value}, config_source::built_in});
  shown.value = shown.synonyms.front().value;
  shown.source = shown.synonyms.front().source;
  return shown;
}

} // namespace

error unknown_broker_option(std::string_view name, bool with_hint) {
  std::vector<std::string_view> names;
  for (auto& option : broker_options_table()) {
    if (option.topic && option.topic->name == name)
      return {errc::invalid_config, "there is no broker option " + std::string{name}
                                        + ": brokers set it for all topics as "
                                        + std::string{option.is.name}};
    if (with_hint)
      names.push_back(option.is.name);
  }
  return {errc::invalid_config,
          "there is no broker option " + std::string{name.substr(0, 200)} + near_option(name, names)};
}

broker_overrides no_broker_overrides() {
  static const config_overrides none;
  return {none, none};
}

std::vector<effective_config> describe_broker(const broker_settings& node, broker_overrides dynamic) {
  std::vector<effective_config> all;
  for (auto& option : broker_options_table())
    all.push_back(describe_one(option, node, dynamic));
  return all;
}

std::vector<effective_config> describe_every_broker(const config_overrides& all) {
  std::vector<effective_config> shown;
  for (auto& option : broker_options_table()) {
    effective_config one{&option.is, {}, config_source::all_brokers, !option.dynamic, {}};
    add_override(one.synonyms, option.is, all, config_source::all_brokers);
    if (auto* set = first_of(one.synonyms)) {
      one.value = set->value;
      shown.push_back(std::move(one));
    }
  }
  return shown;
}

std::optional<std::int64_t> dynamic_number(std::string_view name, broker_overrides dynamic) {
  auto* option = find_broker_option(name);
  for (auto* overrides : {&dynamic.one, &dynamic.all})
    if (auto found = overrides->find(name);
        option && found != overrides->end() && validate_value(option->is, found->second))
      return to_int64(found->second);
  return std::nullopt;
}

} // namespace troupe::metadata
