#include "actors/remote/cluster_calls.hpp"

#include "actors/remote/error_codes.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/init_producer_id.hpp"

#include <algorithm>

#include <caf/send.hpp>

namespace troupe::remote {

namespace {

constexpr std::int32_t create_timeout_ms = 10'000;

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

metadata::created_topic outcome_of(const std::string& name, const wire::create_topics_response& answer) {
  metadata::created_topic made;
  made.name = name;
  auto from =
      std::find_if(answer.topics.begin(), answer.topics.end(), [&](auto& one) { return one.name == name; });
  if (from == answer.topics.end()) {
    made.what = {errc::timed_out, "the node did not say what became of the topic"};
    return made;
  }
  if (from->error_code != 0)
    made.what = {errc_of(from->error_code),
                 from->error_message.value_or(wire::name(wire::error_code{from->error_code}))};
  made.id = from->topic_id;
  made.partitions = from->num_partitions;
  made.replication_factor = from->replication_factor;
  return made;
}

} // namespace

call_ptr metadata_call(std::function<void(result<wire::metadata_response>)> done) {
  wire::metadata_request request;
  request.allow_auto_topic_creation = false;
  return make_call<wire::metadata_response>(std::move(request), {}, std::move(done));
}

call_ptr create_topics_call(const metadata::create_topics& what, std::function<void(topics_created)> done) {
  wire::create_topics_request request;
  request.timeout_ms = create_timeout_ms;
  request.validate_only = what.validate_only;
  std::vector<std::string> names;
  for (auto& topic : what.topics) {
    names.push_back(topic.name);
    request.topics.push_back(to_creatable(topic));
  }
  return make_call<wire::create_topics_response>(
      std::move(request), {},
      [names = std::move(names), done = std::move(done)](result<wire::create_topics_response> answer) {
        topics_created created;
        if (answer)
          for (auto& name : names)
            created.outcome.topics.push_back(outcome_of(name, *answer));
        else
          created.code = errc::busy;
        done(std::move(created));
      });
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
