#include "actors/remote/cluster_calls.hpp"

#include "actors/remote/error_codes.hpp"
#include "runtime/wire/alter_configs.hpp"
#include "runtime/wire/create_partitions.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_topics.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/init_producer_id.hpp"

#include <algorithm>

#include <caf/send.hpp>

namespace troupe::remote {

namespace {

constexpr std::int32_t command_timeout_ms = 10'000;

wire::create_topics_request::creatable_topic to_creatable(const metadata::new_topic& from) {
  wire::create_topics_request::creatable_topic topic;
  topic.name = from.name;
  topic.num_partitions = from.partitions;
  topic.replication_factor = from.replication_factor;
  for (auto& [partition, nodes] : from.assignments) {
    auto& assigned = topic.assignments.emplace_back();
    assigned.partition_index = partition.value();
    for (auto node : nodes)
      assigned.broker_ids.push_back(node.value());
  }
  for (auto& [key, value] : from.configs)
    topic.configs.push_back({key, value});
  return topic;
}

error refusal_of(std::int16_t code, const std::optional<std::string>& message) {
  if (code == 0)
    return {};
  return {errc_of(code), message.value_or(std::string{wire::name(wire::error_code{code})})};
}

using command_done = std::function<void(command_outcome)>;

/// `read` makes a reply of the answer.
template <class Response, class Request, class F>
call_ptr ask_for(Request request, command_done done, F read) {
  return make_call<Response>(std::move(request), {}, [done = std::move(done), read = std::move(read)](result<Response> answer) {
    if (answer)
      done({errc::none, read(*answer)});
    else
      done({answer.error().code == errc::unsupported_version ? errc::unsupported_version : errc::busy, {}});
  });
}

error silent_node() { return {errc::timed_out, "the node did not say what became of it"}; }

metadata::created_topic outcome_of(const std::string& name, const wire::create_topics_response& answer) {
  metadata::created_topic made;
  made.name = name;
  auto from =
      std::find_if(answer.topics.begin(), answer.topics.end(), [&](auto& one) { return one.name == name; });
  if (from == answer.topics.end()) {
    made.what = silent_node();
    return made;
  }
  made.what = refusal_of(from->error_code, from->error_message);
  made.id = from->topic_id;
  made.partitions = from->num_partitions;
  made.replication_factor = from->replication_factor;
  return made;
}

call_ptr call_of(const metadata::create_topics& what, command_done done) {
  wire::create_topics_request request;
  request.timeout_ms = command_timeout_ms;
  request.validate_only = what.validate_only;
  std::vector<std::string> names;
  for (auto& topic : what.topics) {
    names.push_back(topic.name);
    request.topics.push_back(to_creatable(topic));
  }
  return ask_for<wire::create_topics_response>(std::move(request), std::move(done), [names](auto& answer) {
    metadata::create_topics_reply reply;
    for (auto& name : names)
      reply.topics.push_back(outcome_of(name, answer));
    return reply;
  });
}

call_ptr call_of(const metadata::delete_topics& what, command_done done) {
  wire::delete_topics_request request;
  request.timeout_ms = command_timeout_ms;
  for (auto& topic : what.topics) {
    request.topics.push_back({topic.id.is_zero() ? std::optional{topic.name} : std::nullopt, topic.id});
    if (topic.id.is_zero())
      request.topic_names.push_back(topic.name);
  }
  return ask_for<wire::delete_topics_response>(std::move(request), std::move(done), [what](auto& answer) {
    metadata::delete_topics_reply reply;
    for (auto& topic : what.topics) {
      auto from = std::find_if(answer.responses.begin(), answer.responses.end(), [&](auto& one) {
        return topic.id.is_zero() ? one.name == topic.name : one.topic_id == topic.id;
      });
      if (from == answer.responses.end())
        reply.topics.push_back({topic.name, topic.id, silent_node()});
      else
        reply.topics.push_back({from->name.value_or(""), from->topic_id, refusal_of(from->error_code, from->error_message)});
    }
    return reply;
  });
}

call_ptr call_of(const metadata::create_partitions& what, command_done done) {
  wire::create_partitions_request request;
  request.timeout_ms = command_timeout_ms;
  request.validate_only = what.validate_only;
  std::vector<std::string> names;
  for (auto& topic : what.topics) {
    names.push_back(topic.topic);
    auto& wanted = request.topics.emplace_back();
    wanted.name = topic.topic;
    wanted.count = topic.total;
    if (!topic.assignments)
      continue;
    auto& assignments = wanted.assignments.emplace();
    for (auto& replicas : *topic.assignments)
      for (auto& to = assignments.emplace_back(); auto node : replicas)
        to.broker_ids.push_back(node.value());
  }
  return ask_for<wire::create_partitions_response>(std::move(request), std::move(done), [names](auto& answer) {
    metadata::create_partitions_reply reply;
    for (auto& name : names) {
      auto from = std::find_if(answer.results.begin(), answer.results.end(), [&](auto& one) { return one.name == name; });
      reply.topics.push_back(
          {name, from == answer.results.end() ? silent_node() : refusal_of(from->error_code, from->error_message)});
    }
    return reply;
  });
}

call_ptr call_of(const metadata::alter_configs& what, command_done done) {
  wire::incremental_alter_configs_request request;
  request.validate_only = what.validate_only;
  for (auto& resource : what.resources) {
    if (resource.replace)
      return nullptr;
    auto& altered = request.resources.emplace_back();
    altered.resource_type = static_cast<std::int8_t>(resource.kind);
    altered.resource_name = resource.name;
    for (auto& change : resource.changes)
      altered.configs.push_back({change.key, static_cast<std::int8_t>(change.operation), change.value});
  }
  return ask_for<wire::incremental_alter_configs_response>(std::move(request), std::move(done), [what](auto& answer) {
    metadata::alter_configs_reply reply;
    for (auto& resource : what.resources) {
      auto from = std::find_if(answer.responses.begin(), answer.responses.end(), [&](auto& one) {
        return one.resource_type == static_cast<std::int8_t>(resource.kind) && one.resource_name == resource.name;
      });
      reply.resources.push_back({resource.kind, resource.name,
                                 from == answer.responses.end() ? silent_node()
                                                                : refusal_of(from->error_code, from->error_message)});
    }
    return reply;
  });
}

template <class Other>
call_ptr call_of(const Other&, const command_done&) {
  return nullptr;
}

} // namespace

call_ptr metadata_call(std::function<void(result<wire::metadata_response>)> done) {
  wire::metadata_request request;
  request.allow_auto_topic_creation = false;
  return make_call<wire::metadata_response>(std::move(request), {}, std::move(done));
}

call_ptr command_call(const metadata::command& what, std::function<void(command_outcome)> done) {
  return std::visit([&](auto& command) { return call_of(command, std::move(done)); }, what);
}

call_ptr producer_id_call(const producer_id_request& request) {
  return make_call<wire::init_producer_id_response>(
      wire::init_producer_id_request{}, {},
      [tag = request.tag, to = request.reply_to](result<wire::init_producer_id_response> answer) {
        producer_id_reply reply{tag, errc::busy, no_producer_id};
        if (answer)
          reply = {tag, errc_of(answer->error_code), producer_id{answer->producer_id}};
        caf::anon_send(to, reply);
      });
}

} // namespace troupe::remote
