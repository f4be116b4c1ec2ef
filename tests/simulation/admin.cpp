#include "tests/simulation/admin.hpp"

#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_topics.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/metadata.hpp"

#include <algorithm>

namespace troupe::simulation {

using wire::error_code;

namespace {

constexpr std::int32_t timeout_ms = 5'000;

} // namespace

admin::admin(const world_parts& world, std::uint64_t seed) : client(world, "admin", seed) {}

topic_facts* admin::unsettled() const {
  for (auto& topic : world_.known.topics())
    if (topic.state == topic_state::asked_for || topic.state == topic_state::leaving)
      return &topic;
  return nullptr;
}

std::string admin::status() const {
  auto* topic = unsettled();
  return client::status() + (topic ? "; the fate of " + topic->name + " is not known" : "");
}

void admin::act() {
  if (wire_.unanswered() > 0)
    return;
  if (auto* topic = unsettled()) {
    if (topic->state == topic_state::asked_for)
      create(*topic);
    else
      remove(*topic);
    return;
  }
  if (finishing_)
    return;
  auto live = world_.known.live_places();
  if (made_ < world_.drawn.topics || (world_.drawn.topic_changes && random_.one_in(live.empty() ? 4 : 60)))
    ask_for_new_topic();
  else if (world_.drawn.topic_changes && !live.empty() && random_.one_in(100))
    world_.known.find(live[random_.below(live.size())].topic)->state = topic_state::leaving;
  else if (random_.one_in(10))
    list();
}

void admin::ask_for_new_topic() {
  world_.known.topics().push_back({"t" + std::to_string(++made_),
                                   {},
                                   static_cast<std::int32_t>(1 + random_.below(3)),
                                   topic_state::asked_for});
}

void admin::create(const topic_facts& topic) {
  note("creates " + topic.name);
  wire::create_topics_request request;
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic.name;
  wanted.num_partitions = topic.partitions;
  wanted.replication_factor = 1;
  request.timeout_ms = timeout_ms;
  wire_.send(request);
}

void admin::remove(const topic_facts& topic) {
  note("deletes " + topic.name);
  wire::delete_topics_request request;
  request.topic_names.push_back(topic.name);
  request.topics.push_back({topic.name, {}});
  request.timeout_ms = timeout_ms;
  wire_.send(request);
}

void admin::list() { wire_.send(wire::metadata_request{}, true, 1); }

void admin::on_answer(const answer& from) {
  if (from.key == wire::api_key::create_topics)
    on_created(from);
  else if (from.key == wire::api_key::delete_topics)
    on_removed(from);
  else
    on_listed(from);
}

void admin::on_created(const answer& from) {
  auto said = wire_.open<wire::create_topics_response>(from);
  auto* topic = unsettled();
  if (!said || said->topics.size() != 1 || !topic || said->topics[0].name != topic->name)
    return;
  auto code = static_cast<error_code>(said->topics[0].error_code);
  note(topic->name + ": " + wire::name(code));
  if (code == error_code::none || code == error_code::topic_already_exists) {
    topic->state = topic_state::live;
    topic->id = said->topics[0].topic_id;
  } else if (!wire::is_retriable(code)) {
    wrong("topics: " + topic->name + " cannot be made: " + wire::name(code));
  }
}

void admin::on_removed(const answer& from) {
  auto said = wire_.open<wire::delete_topics_response>(from);
  auto* topic = unsettled();
  if (!said || said->responses.size() != 1 || !topic)
    return;
  auto code = static_cast<error_code>(said->responses[0].error_code);
  note(topic->name + ": " + wire::name(code));
  if (code == error_code::none || code == error_code::unknown_topic_or_partition)
    topic->state = topic_state::gone;
  else if (!wire::is_retriable(code))
    wrong("topics: " + topic->name + " cannot be deleted: " + wire::name(code));
}

void admin::on_listed(const answer& from) {
  auto said = wire_.open<wire::metadata_response>(from);
  if (!said)
    return;
  topics_listed event;
  for (auto& topic : said->topics)
    if (topic.error_code == 0 && topic.name)
      event.topics[*topic.name] = {topic.topic_id, topic.partitions.size()};
  note("lists " + std::to_string(event.topics.size()) + " topics");
  world_.checks.on(event);
}

} // namespace troupe::simulation
