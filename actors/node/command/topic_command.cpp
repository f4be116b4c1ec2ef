// troupe topic: its subcommands, and create, list and delete.
#include "actors/node/command/commands.hpp"
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/topic_actions.hpp"
#include "actors/node/command/topic_settings.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_topics.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::command {

namespace {

result<wire::create_topics_request> to_create_request(const topic_arguments& arguments) {
  wire::create_topics_request request;
  request.timeout_ms = arguments.wire_timeout_ms();
  request.validate_only = arguments.only_validates;
  for (auto& name : arguments.names) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = arguments.partitions;
    topic.replication_factor = arguments.replication_factor;
    for (auto& text : arguments.settings) {
      auto setting = parse_topic_setting(text);
      if (!setting)
        return fail(std::move(setting));
      topic.configs.push_back({std::move(setting->name), std::move(setting->value)});
    }
  }
  return request;
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
  constexpr auto already = wire::number(wire::error_code::topic_already_exists);
  int code = exit_done;
  for (auto& topic : answer->topics)
    code = std::max(code, report_change(arguments, to,
                                        {topic.name, topic.error_code, topic.error_message, already},
                                        arguments.only_validates ? "would create topic" : "created topic"));
  return code;
}

int delete_topics(const topic_arguments& arguments, const streams& to, kafka_client& client) {
  wire::delete_topics_request request;
  request.timeout_ms = arguments.wire_timeout_ms();
  request.topic_names = arguments.names;
  for (auto& name : arguments.names)
    request.topics.push_back({name, {}});
  auto controller = client.controller();
  if (!controller)
    return report(to, controller.error());
  auto answer = client.call_node<wire::delete_topics_response>(*controller, request);
  if (!answer)
    return report(to, answer.error());
  constexpr auto already = wire::number(wire::error_code::unknown_topic_or_partition);
  int code = exit_done;
  for (auto& topic : answer->responses)
    code = std::max(
        code, report_change(arguments, to,
                            {topic.name.value_or(""), topic.error_code, topic.error_message, already},
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

using topic_action = int (*)(const topic_arguments&, const streams&, kafka_client&);

/// A subcommand under construction.
struct topic_subcommand {
  CLI::App* app;
  std::shared_ptr<topic_arguments> arguments;

  CLI::App* operator->() const { return app; }
};

/// What all of them have in common.
topic_subcommand add_topic_command(CLI::App& parent, invocation& chosen, const std::string& name,
                                   const std::string& description, const std::string& example,
                                   topic_action action) {
  auto arguments = std::make_shared<topic_arguments>();
  auto* app = add_command(parent, name, description, example);
  arguments->connection.add_to(*app);
  add_json_flag(*app, arguments->is_json, "One JSON object a line");
  app->callback([arguments, action, &chosen] {
    chosen = [arguments, action](const streams& to) {
      return with_client(to, arguments->connection,
                         [&](kafka_client& client) { return action(*arguments, to, client); });
    };
  });
  return {app, arguments};
}

void add_partition_count(const topic_subcommand& to, const std::string& description) {
  to->add_option("-p,--partitions", to.arguments->partitions, description)
      ->check(CLI::Range(1, limits::partitions_per_topic_max))
      ->type_name("N");
}

void add_settings(const topic_subcommand& to, const std::string& names, const std::string& description) {
  to->add_option(names, to.arguments->settings, description)
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_only_partitions(const topic_subcommand& to) {
  to->add_option("-p,--partition", to.arguments->only_partitions, "Only this one; may be repeated")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->allow_extra_args(false);
}

void add_internal_flag(const topic_subcommand& to) {
  to->add_flag("--internal", to.arguments->with_internal, "Those that the cluster keeps for itself as well");
}

void add_create(CLI::App& topic, invocation& chosen) {
  auto create = add_topic_command(
      topic, chosen, "create", "Make topics. `troupe config list` tells the options that they can have.",
      "  troupe topic create orders --partitions 8 --option retention.ms=7d --option max.message.bytes=2MiB\n",
      create_topics);
  create->add_option("NAME", create.arguments->names, "Names of the topics")->required();
  add_partition_count(create, "Partitions of each; the node's default if not given");
  create
      ->add_option("-r,--replication-factor", create.arguments->replication_factor,
                   "Replicas; the node's default if not given")
      ->check(CLI::Range(1, 32767))
      ->type_name("N");
  add_settings(create, "-o,--option,-c,--config",
               "An option of the topic, with a unit if it is a time or a size; may be repeated");
  create->add_flag("--if-not-exists", create.arguments->if_needed, "A topic that is there already is no failure");
  create->add_flag("--dry-run", create.arguments->only_validates, "Only find out whether it would succeed");
}

void add_describe(CLI::App& topic, invocation& chosen) {
  auto describe = add_topic_command(
      topic, chosen, "describe", "Show leaders, replicas, offsets and options of topics, or of all of them.",
      "  troupe topic describe orders --options\n", describe_topics);
  describe->add_option("TOPIC", describe.arguments->names, "Names of topics");
  describe->add_flag("--options", describe.arguments->with_options,
                     "Every option, with its value and where that comes from; else only those that were set");
  add_internal_flag(describe);
}

void add_alter(CLI::App& topic, invocation& chosen) {
  auto alter = add_topic_command(
      topic, chosen, "alter",
      "Change options of topics, take changes back, add partitions. A record stays where it is: with more\n"
      "partitions, new records of a key can go to another partition than the older ones.",
      "  troupe topic alter orders --option retention.ms=36h --reset segment.bytes --partitions 16\n",
      alter_topics);
  alter->add_option("TOPIC", alter.arguments->names, "Names of the topics")->required();
  add_settings(alter, "-o,--option", "Set an option, with a unit if it is a time or a size; may be repeated");
  alter->add_option("--reset", alter.arguments->resets, "Give an option its default again; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  add_partition_count(alter, "How many partitions there are to be, more than now");
  alter->add_flag("--dry-run", alter.arguments->only_validates, "Only find out whether it would succeed");
}

void add_offsets(CLI::App& topic, invocation& chosen) {
  auto offsets = add_topic_command(
      topic, chosen, "offsets",
      "Show the first offset and the end of each partition, and the offset at a time or place if asked for.",
      "  troupe topic offsets orders --at @2026-01-31T12:00:00Z\n", show_offsets);
  offsets->add_option("TOPIC", offsets.arguments->names, "Names of topics; all if none is given");
  offsets
      ->add_option("--at", offsets.arguments->where,
                   "The first record that is not older than @MILLISECONDS or @2026-01-31T12:00:00Z, or the last N: "
                   "--at=-N")
      ->type_name("WHERE");
  add_only_partitions(offsets);
  add_internal_flag(offsets);
}

void add_delete_records(CLI::App& topic, invocation& chosen) {
  auto remove = add_topic_command(
      topic, chosen, "delete-records",
      "Delete the oldest records of topics, up to but without the one that --before names. They are gone\n"
      "for good, for every reader.",
      "  troupe topic delete-records orders --before @2026-01-31T12:00:00Z\n", delete_records);
  remove->add_option("TOPIC", remove.arguments->names, "Names of the topics")->required();
  remove
      ->add_option("--before", remove.arguments->where,
                   "The first record to keep: an offset, end for none, @MILLISECONDS or @2026-01-31T12:00:00Z for a "
                   "time, or the last N: --before=-N")
      ->required()
      ->type_name("WHERE");
  add_only_partitions(remove);
}

} // namespace

std::int32_t topic_arguments::wire_timeout_ms() const {
  return static_cast<std::int32_t>(std::min<std::int64_t>(connection.timeout_ms, INT32_MAX));
}

int report_change(const topic_arguments& arguments, const streams& to, const topic_change& change,
                  std::string_view done) {
  auto is_already = change.code != 0 && change.code == change.already && arguments.if_needed;
  auto is_done = change.code == wire::number(wire::error_code::none);
  if (arguments.is_json) {
    json_line line;
    line.text("topic", change.topic).boolean("ok", is_done || is_already).boolean("changed", is_done);
    if (!is_done)
      line.text("error", wire::name(static_cast<wire::error_code>(change.code))).text("message", change.said.value_or(""));
    to.out << line.str() << '\n';
  } else if (is_done || is_already) {
    to.out << done << " '" << change.topic << "'" << (is_done ? "\n" : ": nothing to do\n");
  }
  if (is_done || is_already)
    return exit_done;
  return arguments.is_json ? int{exit_failed}
                           : report(to, "topic '" + change.topic + "': " + describe(change.code, change.said));
}

result<std::vector<std::string>> chosen_topics(const topic_arguments& arguments, kafka_client& client) {
  if (!arguments.names.empty())
    return arguments.names;
  auto topics = client.topics();
  if (!topics)
    return fail(std::move(topics));
  std::vector<std::string> names;
  for (auto& topic : *topics)
    if (!topic.is_internal || arguments.with_internal)
      names.push_back(topic.name);
  return names;
}

void add_topic_commands(CLI::App& app, invocation& chosen) {
  auto* topic = add_command(app, "topic", "Make, list, describe, alter and delete topics.", "  troupe topic list\n");
  topic->require_subcommand(1);
  add_create(*topic, chosen);
  auto list = add_topic_command(*topic, chosen, "list", "List the names of all topics.",
                                "  troupe topic list --server 127.0.0.1:9092\n", list_topics);
  add_internal_flag(list);
  add_describe(*topic, chosen);
  add_alter(*topic, chosen);
  add_offsets(*topic, chosen);
  add_delete_records(*topic, chosen);
  auto remove = add_topic_command(*topic, chosen, "delete", "Delete topics with all their records.",
                                  "  troupe topic delete orders\n", delete_topics);
  remove->add_option("TOPIC", remove.arguments->names, "Names of the topics")->required();
  remove->add_flag("--if-exists", remove.arguments->if_needed, "A topic that is not there is no failure");
}

} // namespace troupe::command
