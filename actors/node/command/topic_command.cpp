// troupe topic create|list|describe|delete
#include "actors/node/command/commands.hpp"
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/offsets.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_topics.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::command {

namespace {

struct topic_arguments {
  connection_arguments connection;
  std::vector<std::string> names;
  std::vector<std::string> configs;
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  bool if_needed = false; // --if-not-exists or --if-exists
  bool with_internal = false;
  bool is_json = false;
};

result<wire::create_topics_request> to_create_request(const topic_arguments& arguments) {
  wire::create_topics_request request;
  request.timeout_ms =
      static_cast<std::int32_t>(std::min<std::int64_t>(arguments.connection.timeout_ms, INT32_MAX));
  for (auto& name : arguments.names) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = arguments.partitions;
    topic.replication_factor = arguments.replication_factor;
    for (auto& config : arguments.configs) {
      auto equals = config.find('=');
      if (equals == std::string::npos || equals == 0)
        return fail(errc::invalid_argument, "'" + config + "' has no value: write --config NAME=VALUE");
      topic.configs.push_back({config.substr(0, equals), config.substr(equals + 1)});
    }
  }
  return request;
}

/// One line about one topic; gives the exit code.
int report_change(const topic_arguments& arguments, const streams& to, const std::string& name,
                  std::int16_t code, const std::optional<std::string>& said, wire::error_code already,
                  std::string_view done) {
  auto is_already = code == wire::number(already) && arguments.if_needed;
  auto is_done = code == wire::number(wire::error_code::none);
  if (arguments.is_json) {
    json_line line;
    line.text("topic", name).boolean("ok", is_done || is_already).boolean("changed", is_done);
    if (!is_done)
      line.text("error", wire::name(static_cast<wire::error_code>(code))).text("message", said.value_or(""));
    to.out << line.str() << '\n';
  } else if (is_done || is_already) {
    to.out << done << " '" << name << "'" << (is_done ? "\n" : ": nothing to do\n");
  }
  if (is_done || is_already)
    return exit_done;
  return arguments.is_json ? int{exit_failed} : report(to, "topic '" + name + "': " + describe(code, said));
}

int create_topics(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  auto request = to_create_request(arguments);
  if (!request) {
    report(to, request.error());
    return exit_usage;
  }
  auto controller = client.controller();
  if (!controller)
    return report(to, controller.error());
  auto answer = client.call_node<wire::create_topics_response>(*controller, *request);
  if (!answer)
    return report(to, answer.error());
  int code = exit_done;
  for (auto& topic : answer->topics)
    code = std::max(code, report_change(arguments, to, topic.name, topic.error_code, topic.error_message,
                                        wire::error_code::topic_already_exists, "created topic"));
  return code;
}

int delete_topics(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  wire::delete_topics_request request;
  request.timeout_ms =
      static_cast<std::int32_t>(std::min<std::int64_t>(arguments.connection.timeout_ms, INT32_MAX));
  request.topic_names = arguments.names;
  for (auto& name : arguments.names)
    request.topics.push_back({name, {}});
  auto controller = client.controller();
  if (!controller)
    return report(to, controller.error());
  auto answer = client.call_node<wire::delete_topics_response>(*controller, request);
  if (!answer)
    return report(to, answer.error());
  int code = exit_done;
  for (auto& topic : answer->responses)
    code = std::max(code, report_change(arguments, to, topic.name.value_or(""), topic.error_code,
                                        topic.error_message, wire::error_code::unknown_topic_or_partition,
                                        "deleted topic"));
  return code;
}

int list_topics(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  auto topics = client.topics();
  if (!topics)
    return report(to, topics.error());
  for (auto& topic : *topics) {
    if (topic.is_internal && !arguments.with_internal)
      continue;
    if (!arguments.is_json) {
      to.out << topic.name << '\n';
      continue;
    }
    json_line line;
    line.text("topic", topic.name).text("id", topic.id.to_string());
    line.number("partitions", static_cast<std::int64_t>(topic.partitions.size()))
        .boolean("internal", topic.is_internal);
    to.out << line.str() << '\n';
  }
  return exit_done;
}

std::string joined(const std::vector<std::int32_t>& numbers) {
  std::string text;
  for (auto number : numbers)
    text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

using offset_map = std::map<partition_id, offset>;

std::string to_json(const partition_info& partition, const offset_map& first, const offset_map& end) {
  json_line line;
  line.number("partition", partition.partition.value()).number("leader", partition.leader);
  line.number("leader_epoch", partition.leader_epoch);
  line.numbers("replicas", partition.replicas).numbers("in_sync", partition.in_sync);
  line.number("first_offset", first.at(partition.partition).value());
  line.number("end_offset", end.at(partition.partition).value());
  return line.str();
}

void print_topic(const topic_arguments& arguments, const streams& to, const topic_info& topic,
                 const offset_map& first, const offset_map& end) {
  if (arguments.is_json) {
    std::vector<std::string> partitions;
    for (auto& partition : topic.partitions)
      partitions.push_back(to_json(partition, first, end));
    json_line line;
    line.text("topic", topic.name).text("id", topic.id.to_string()).boolean("internal", topic.is_internal);
    to.out << line.raw("partitions", to_json_array(partitions)).str() << '\n';
    return;
  }
  to.out << topic.name << "  id " << topic.id.to_string() << "  partitions " << topic.partitions.size()
         << '\n';
  for (auto& partition : topic.partitions)
    to.out << "  partition " << partition.partition.value() << "  leader " << partition.leader << " (epoch "
           << partition.leader_epoch << ")  replicas " << joined(partition.replicas) << "  in sync "
           << joined(partition.in_sync) << "  offsets " << first.at(partition.partition).value() << " to "
           << end.at(partition.partition).value() << '\n';
}

int describe_topics(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  auto names = arguments.names;
  if (names.empty()) {
    auto topics = client.topics();
    if (!topics)
      return report(to, topics.error());
    for (auto& topic : *topics)
      if (!topic.is_internal || arguments.with_internal)
        names.push_back(topic.name);
  }
  int code = exit_done;
  for (auto& name : names) {
    auto topic = client.topic(name, false);
    if (!topic) {
      code = report(to, topic.error());
      continue;
    }
    auto first = list_offsets(client, *topic, earliest_offset);
    auto end = list_offsets(client, *topic, latest_offset);
    if (!first || !end)
      code = report(to, first ? end.error() : first.error());
    else
      print_topic(arguments, to, *topic, *first, *end);
  }
  return code;
}

using topic_action = int (*)(const topic_arguments&, const streams&, kafka_client&);

/// What the four have in common.
CLI::App* add_topic_command(CLI::App& parent, invocation& chosen,
                            const std::shared_ptr<topic_arguments>& arguments, const std::string& name,
                            const std::string& description, const std::string& example, topic_action action) {
  auto* app = add_command(parent, name, description, example);
  arguments->connection.add_to(*app);
  add_json_flag(*app, arguments->is_json, "One JSON object a line");
  app->callback([arguments, action, &chosen] {
    chosen = [arguments, action](const streams& to) {
      return with_client(to, arguments->connection,
                         [&](kafka_client& client) { return action(*arguments, to, client); });
    };
  });
  return app;
}

} // namespace

void add_topic_commands(CLI::App& app, invocation& chosen) {
  auto* topic = add_command(app, "topic", "Make, list, describe and delete topics.", "  troupe topic list\n");
  topic->require_subcommand(1);

  auto arguments = std::make_shared<topic_arguments>();
  auto* create = add_topic_command(
      *topic, chosen, arguments, "create", "Make topics.",
      "  troupe topic create orders --partitions 8 --config retention.ms=86400000\n", create_topics);
  create->add_option("NAME", arguments->names, "Names of the topics")->required();
  create
      ->add_option("-p,--partitions", arguments->partitions,
                   "Partitions of each; the node's default if not given")
      ->check(CLI::Range(1, limits::partitions_per_topic_max))
      ->type_name("N");
  create
      ->add_option("-r,--replication-factor", arguments->replication_factor,
                   "Replicas; the node's default if not given")
      ->check(CLI::Range(1, 32767))
      ->type_name("N");
  create->add_option("-c,--config", arguments->configs, "A configuration of the topic; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  create->add_flag("--if-not-exists", arguments->if_needed, "A topic that is there already is no failure");

  arguments = std::make_shared<topic_arguments>();
  auto* list = add_topic_command(*topic, chosen, arguments, "list", "List the names of all topics.",
                                 "  troupe topic list --server 127.0.0.1:9092\n", list_topics);
  list->add_flag("--internal", arguments->with_internal, "Those that the cluster keeps for itself as well");

  arguments = std::make_shared<topic_arguments>();
  auto* describe = add_topic_command(*topic, chosen, arguments, "describe",
                                     "Show leaders, replicas and offsets of topics, or of all of them.",
                                     "  troupe topic describe orders --json\n", describe_topics);
  describe->add_option("NAME", arguments->names, "Names of topics");
  describe->add_flag("--internal", arguments->with_internal,
                     "Those that the cluster keeps for itself as well");

  arguments = std::make_shared<topic_arguments>();
  auto* remove =
      add_topic_command(*topic, chosen, arguments, "delete", "Delete topics with all their records.",
                        "  troupe topic delete orders\n", delete_topics);
  remove->add_option("NAME", arguments->names, "Names of the topics")->required();
  remove->add_flag("--if-exists", arguments->if_needed, "A topic that is not there is no failure");
}

} // namespace troupe::command
