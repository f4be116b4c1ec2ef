// DescribeConfigs, AlterConfigs, IncrementalAlterConfigs and ListConfigResources: the options of topics and of this
// broker (KIP-133, KIP-226, KIP-339, KIP-1142).
#include "actors/kafka/cluster_facts.hpp"
#include "actors/kafka/config_numbers.hpp"
#include "actors/kafka/controller_operation.hpp"
#include "actors/kafka/handlers.hpp"
#include "runtime/metadata/topic_name.hpp"
#include "runtime/wire/alter_configs.hpp"
#include "runtime/wire/describe_configs.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/list_config_resources.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace troupe::kafka {

namespace {

using metadata::resource_kind;

constexpr std::int32_t alter_timeout_ms = 30'000;
constexpr std::int8_t broker_logger_resource = 8;
constexpr std::int8_t group_resource = 32;
constexpr std::array<std::int8_t, 5> resource_types{static_cast<std::int8_t>(resource_kind::topic),
                                                    static_cast<std::int8_t>(resource_kind::broker),
                                                    broker_logger_resource, wire::client_metrics_resource,
                                                    group_resource};

using described = result<std::vector<metadata::effective_config>>;

described describe_topic(const operation_context& context, const std::string& name) {
  if (auto wrong = metadata::check_topic_name(name); wrong.code != errc::none)
    return tl::unexpected<error>(std::move(wrong));
  auto& image = *context.view.image;
  auto* topic = image.find_topic(name);
  if (!topic)
    return fail(errc::unknown_topic_or_partition, name);
  auto& options = *context.environment.options;
  return options.defaults.describe(topic->configs,
                                   static_cast<std::int32_t>(topic->partitions.front().replicas.size()),
                                   image.overrides_of(options.self));
}

// Only a broker itself knows what its own configuration says.
described describe_node(const operation_context& context, const std::string& name) {
  auto& image = *context.view.image;
  auto& options = *context.environment.options;
  if (name.empty())
    return metadata::describe_every_broker(image.broker_configs(metadata::every_broker));
  if (name != std::to_string(options.self.value()))
    return fail(errc::invalid_request, name.substr(0, limits::topic_name_max_bytes) + " is not this broker, which is "
                                           + std::to_string(options.self.value()));
  return metadata::describe_broker(options.defaults.node(), image.overrides_of(options.self));
}

described describe_resource(const operation_context& context, std::int8_t type, const std::string& name) {
  switch (static_cast<resource_kind>(type)) {
  case resource_kind::topic:
    return describe_topic(context, name);
  case resource_kind::broker:
    return describe_node(context, name);
  }
  return fail(errc::invalid_request,
              "resources of type " + std::to_string(type) + " have no options here: topics (2) and brokers (4) do");
}

wire::describe_configs_response::describe_configs_resource_result
told(const metadata::effective_config& config, const wire::describe_configs_request& request) {
  wire::describe_configs_response::describe_configs_resource_result shown;
  shown.name = config.option->name;
  shown.value = config.value;
  shown.read_only = config.read_only;
  shown.config_source = number_of(config.source);
  shown.config_type = number_of(config.option->type);
  if (request.include_synonyms)
    for (auto& synonym : config.synonyms)
      shown.synonyms.push_back({std::string{synonym.name}, synonym.value, number_of(synonym.source)});
  if (request.include_documentation)
    shown.documentation = std::string{config.option->documentation};
  return shown;
}

bool is_wanted(const std::optional<std::vector<std::string>>& keys, std::string_view name) {
  return !keys || keys->empty() || std::find(keys->begin(), keys->end(), name) != keys->end();
}

/// The controller's command, from either of the two requests.
template <class Request>
metadata::alter_configs command_of(Request& request) {
  metadata::alter_configs what;
  what.validate_only = request.validate_only;
  for (auto& resource : request.resources) {
    auto& wanted = what.resources.emplace_back();
    wanted.kind = static_cast<resource_kind>(resource.resource_type);
    wanted.name = std::move(resource.resource_name);
    for (auto& config : resource.configs) {
      auto& change = wanted.changes.emplace_back();
      change.key = std::move(config.name);
      change.value = std::move(config.value);
      if constexpr (requires { config.config_operation; })
        change.operation = static_cast<metadata::config_operation>(config.config_operation);
    }
    wanted.replace = std::is_same_v<Request, wire::alter_configs_request>;
  }
  return what;
}

template <class Request, class Response>
class alter_operation final : public controller_operation<Response> {
public:
  void start(const operation_context& context, Request& request) {
    for (auto& resource : request.resources)
      names_.emplace_back(resource.resource_type, resource.resource_name);
    this->ask(context, command_of(request), alter_timeout_ms);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* done = std::get_if<metadata::alter_configs_reply>(&reply.what);
    if (reply.code != errc::none || !done) {
      refuse_all(reply.code);
      return;
    }
    for (auto& item : done->resources)
      add(static_cast<std::int8_t>(item.kind), item.name, item.what);
  }

  void refuse_all(errc why) override {
    for (auto& [type, name] : names_)
      add(type, name, {why, {}});
  }

  void add(std::int8_t type, const std::string& name, const error& what) {
    auto& answer = this->response_.responses.emplace_back();
    answer.resource_type = type;
    answer.resource_name = name;
    answer.error_code = controller_error_number(what.code);
    answer.error_message = message_of(what);
  }

  std::vector<std::pair<std::int8_t, std::string>> names_;
};

} // namespace

result<operation_ptr> handle_describe_configs(const operation_context& context, const wire::request_header& header,
                                              const bytes& body) {
  auto request = wire::decode<wire::describe_configs_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  wire::describe_configs_response response;
  // Once each, however often the client names it: an answer is much longer than a name.
  std::set<std::pair<std::int8_t, std::string_view>> told_already;
  for (auto& resource : request->resources) {
    if (!told_already.emplace(resource.resource_type, resource.resource_name).second)
      continue;
    auto& answer = response.results.emplace_back();
    answer.resource_type = resource.resource_type;
    answer.resource_name = resource.resource_name;
    auto configs = describe_resource(context, resource.resource_type, resource.resource_name);
    if (!configs) {
      answer.error_code = wire::number(wire::to_error_code(configs.error().code));
      answer.error_message = configs.error().message();
      continue;
    }
    for (auto& config : *configs)
      if (is_wanted(resource.configuration_keys, config.option->name))
        answer.configs.push_back(told(config, *request));
  }
  return answer(std::move(response));
}

result<operation_ptr> handle_alter_configs(const operation_context& context, const wire::request_header& header,
                                           const bytes& body) {
  using request = wire::alter_configs_request;
  return begin<alter_operation<request, wire::alter_configs_response>, request>(context, header, body);
}

result<operation_ptr> handle_incremental_alter_configs(const operation_context& context,
                                                       const wire::request_header& header, const bytes& body) {
  using request = wire::incremental_alter_configs_request;
  return begin<alter_operation<request, wire::incremental_alter_configs_response>, request>(context, header, body);
}

// Version 0 asks for client metrics, which there are none of here; nor are there options of groups.
result<operation_ptr> handle_list_config_resources(const operation_context& context,
                                                   const wire::request_header& header, const bytes& body) {
  auto request = wire::decode<wire::list_config_resources_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  wire::list_config_resources_response response;
  auto& types = request->resource_types;
  auto known = [](std::int8_t type) {
    return std::find(resource_types.begin(), resource_types.end(), type) != resource_types.end();
  };
  if (!std::all_of(types.begin(), types.end(), known)) {
    response.error_code = wire::number(wire::error_code::unsupported_version);
    return answer(std::move(response));
  }
  auto wanted = [&](resource_kind kind) {
    return header.version > 0
           && (types.empty() || std::find(types.begin(), types.end(), static_cast<std::int8_t>(kind)) != types.end());
  };
  auto add = [&](resource_kind kind, std::string name) {
    response.config_resources.push_back({std::move(name), static_cast<std::int8_t>(kind)});
  };
  if (wanted(resource_kind::topic))
    context.view.image->for_each_topic([&](const metadata::topic& topic) { add(resource_kind::topic, topic.name); });
  if (wanted(resource_kind::broker))
    for_each_live_broker(context, [&](const metadata::broker& broker, const metadata::endpoint&) {
      add(resource_kind::broker, std::to_string(broker.node.value()));
    });
  return answer(std::move(response));
}

} // namespace troupe::kafka
