// troupe topic alter: options and the number of partitions.
#include "actors/node/command/topic_actions.hpp"
#include "actors/node/command/topic_settings.hpp"
#include "runtime/wire/alter_configs.hpp"
#include "runtime/wire/create_partitions.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

constexpr std::int8_t resource_is_topic = 2;
constexpr std::int8_t operation_set = 0;
constexpr std::int8_t operation_delete = 1;

using changes_by_topic = std::map<std::string, topic_change>;

result<wire::incremental_alter_configs_request> to_alter_request(const topic_arguments& arguments) {
  wire::incremental_alter_configs_request::alter_configs_resource wanted;
  wanted.resource_type = resource_is_topic;
  for (auto& text : arguments.settings) {
    auto setting = parse_topic_setting(text);
    if (!setting)
      return fail(std::move(setting));
    wanted.configs.push_back({std::move(setting->name), operation_set, std::move(setting->value)});
  }
  for (auto& name : arguments.resets)
    wanted.configs.push_back({name, operation_delete, std::nullopt});
  wire::incremental_alter_configs_request request;
  request.validate_only = arguments.only_validates;
  for (auto& name : arguments.names) {
    wanted.resource_name = name;
    request.resources.push_back(wanted);
  }
  return request;
}

/// Keeps the first failure of each topic.
void note(changes_by_topic& changes, const std::string& topic, std::int16_t code,
          const std::optional<std::string>& said) {
  auto& change = changes[topic];
  if (change.code != 0)
    return;
  change.code = code;
  change.said = said;
}

result<void> alter_options(const wire::incremental_alter_configs_request& request, kafka_client& client,
                           std::int32_t controller, changes_by_topic& changes) {
  auto answer = client.call_node<wire::incremental_alter_configs_response>(controller, request);
  if (!answer)
    return fail(std::move(answer));
  for (auto& about : answer->responses)
    note(changes, about.resource_name, about.error_code, about.error_message);
  return {};
}

result<void> add_partitions(const topic_arguments& arguments, kafka_client& client, std::int32_t controller,
                            changes_by_topic& changes) {
  wire::create_partitions_request request;
  request.timeout_ms = arguments.wire_timeout_ms();
  request.validate_only = arguments.only_validates;
  // Only topics whose options could be changed: a topic is altered as a whole or as little as possible.
  for (auto& [name, change] : changes)
    if (change.code == 0)
      request.topics.push_back({name, arguments.partitions, std::nullopt});
  if (request.topics.empty())
    return {};
  auto answer = client.call_node<wire::create_partitions_response>(controller, request);
  if (!answer)
    return fail(std::move(answer));
  for (auto& about : answer->results)
    note(changes, about.name, about.error_code, about.error_message);
  return {};
}

} // namespace

int alter_topics(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  auto request = to_alter_request(arguments);
  auto has_options = !arguments.settings.empty() || !arguments.resets.empty();
  if (!request || (!has_options && arguments.partitions < 0)) {
    report(to, request ? "nothing to alter: give --option, --reset or --partitions" : sentence_of(request.error()));
    return exit_usage;
  }
  auto controller = client.controller();
  if (!controller)
    return report(to, controller.error());
  changes_by_topic changes;
  for (auto& name : arguments.names)
    changes[name].topic = name;
  result<void> asked;
  if (has_options)
    asked = alter_options(*request, client, *controller, changes);
  if (asked && arguments.partitions >= 0)
    asked = add_partitions(arguments, client, *controller, changes);
  if (!asked)
    return report(to, asked.error());
  int code = exit_done;
  for (auto& [name, change] : changes)
    code = std::max(code, report_change(arguments, to, change,
                                        arguments.only_validates ? "would alter topic" : "altered topic"));
  return code;
}

} // namespace troupe::command
