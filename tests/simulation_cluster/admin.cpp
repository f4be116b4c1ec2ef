#include "tests/simulation_cluster/admin.hpp"

#include "runtime/wire/elect_leaders.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/partition_reassignments.hpp"
#include "runtime/wire/raft_voters.hpp"

#include <algorithm>

namespace troupe::simulation::cluster {

using wire::error_code;

namespace {

constexpr std::int32_t timeout_ms = 5'000;
constexpr std::uint64_t voter_out_max_ms = 12'000;

} // namespace

admin::admin(const world_parts& world, std::uint64_t seed) : client(world, "admin", seed) {
  for (auto& wish : world.drawn.topics)
    world.known.topics().push_back({wish.name, {}, wish.partitions, topic_state::asked_for});
}

topic_facts* admin::unsettled() const {
  for (auto& topic : world_.known.topics())
    if (topic.state == topic_state::asked_for)
      return &topic;
  return nullptr;
}

std::string admin::status() const {
  auto* topic = unsettled();
  return (topic ? "the fate of " + topic->name + " is not known" : "")
         + (voter_out_ ? std::string{"voter "} + std::to_string(*voter_out_) + " is not back" : "");
}

void admin::act() {
  if (waits_for_answers())
    return;
  auto node = any_node();
  if (node < 0)
    return;
  auto& by = *link_to(node);
  if (auto* topic = unsettled())
    create(*topic, by);
  else if (voter_out_ && (finishing_ || world_.clock.ms() >= voter_back_at_ms_))
    add_the_voter(by);
  else if (finishing_)
    return;
  else if (world_.drawn.membership && random_.one_in(60) && may_remove_a_voter())
    remove_a_voter(by);
  else if (world_.drawn.reassignments && random_.one_in(60))
    reassign(by);
  else if (world_.drawn.elections && random_.one_in(60))
    elect(by);
}

void admin::create(topic_facts& topic, wire_client& by) {
  note("creates " + topic.name);
  auto& topics = world_.drawn.topics;
  auto wish = std::find_if(topics.begin(), topics.end(), [&](auto& one) { return one.name == topic.name; });
  wire::create_topics_request request;
  auto& wanted = request.topics.emplace_back();
  wanted.name = wish->name;
  wanted.num_partitions = wish->partitions;
  wanted.replication_factor = wish->replicas;
  wanted.configs.push_back({"min.insync.replicas", std::to_string(wish->min_insync)});
  request.timeout_ms = timeout_ms;
  by.send(request);
}

void admin::on_created(const wire::create_topics_response& said) {
  auto* topic = unsettled();
  if (said.topics.size() != 1 || !topic || said.topics[0].name != topic->name)
    return;
  auto code = static_cast<error_code>(said.topics[0].error_code);
  note(topic->name + ": " + wire::name(code));
  if (code == error_code::none || code == error_code::topic_already_exists) {
    topic->state = topic_state::live;
    topic->id = said.topics[0].topic_id;
  } else if (!wire::is_retriable(code) && code != error_code::invalid_replication_factor) {
    wrong("topics: " + topic->name + " cannot be made: " + wire::name(code));
  }
}

void admin::reassign(wire_client& by) {
  auto places = world_.known.live_places();
  auto& where = places[random_.below(places.size())];
  auto& topics = world_.drawn.topics;
  auto wish = std::find_if(topics.begin(), topics.end(), [&](auto& one) { return one.name == where.topic; });
  std::vector<std::int32_t> brokers;
  for (auto& node : world_.nodes)
    if (node->is_broker())
      brokers.push_back(node->id().value());
  for (auto i = brokers.size(); i > 1; --i)
    std::swap(brokers[i - 1], brokers[random_.below(i)]);
  brokers.resize(static_cast<std::size_t>(wish->replicas));
  wire::alter_partition_reassignments_request request;
  request.timeout_ms = timeout_ms;
  request.topics.push_back({where.topic, {{where.partition, brokers}}});
  std::string line = "reassigns " + where.to_string() + " to";
  if (random_.one_in(8)) {
    request.topics[0].partitions[0].replicas.reset();
    line = "cancels the reassignment of " + where.to_string() + ", not";
  }
  for (auto node : brokers)
    line += " " + std::to_string(node);
  note(line);
  by.send(request);
}

void admin::elect(wire_client& by) {
  note("elects preferred leaders");
  wire::elect_leaders_request request;
  request.timeout_ms = timeout_ms;
  by.send(request);
}

// Not while another one is away: a majority must be left.
bool admin::may_remove_a_voter() const {
  return !voter_out_ && std::all_of(world_.nodes.begin(), world_.nodes.end(), [](auto& node) {
    return !node->options().is_controller() || (node->is_ready() && !node->is_paused());
  });
}

void admin::remove_a_voter(wire_client& by) {
  auto& voters = world_.drawn.nodes.front().voters;
  voter_out_ = voters[random_.below(voters.size())].node_id;
  voter_back_at_ms_ = world_.clock.ms() + static_cast<std::int64_t>(random_.below(voter_out_max_ms));
  note("removes voter " + std::to_string(*voter_out_));
  wire::remove_raft_voter_request request;
  request.voter_id = *voter_out_;
  by.send(request);
}

void admin::add_the_voter(wire_client& by) {
  note("adds voter " + std::to_string(*voter_out_));
  wire::add_raft_voter_request request;
  request.voter_id = *voter_out_;
  request.timeout_ms = timeout_ms;
  by.send(request);
}

void admin::on_answer(int node, const answer& from) {
  if (from.key == wire::api_key::create_topics) {
    if (auto said = link_to(node)->open<wire::create_topics_response>(from))
      on_created(*said);
  } else if (from.key == wire::api_key::alter_partition_reassignments) {
    if (auto said = link_to(node)->open<wire::alter_partition_reassignments_response>(from))
      note("reassignment: " + error_name(said->error_code));
  } else if (from.key == wire::api_key::remove_raft_voter) {
    if (auto said = link_to(node)->open<wire::remove_raft_voter_response>(from))
      note("removal: " + error_name(said->error_code));
  } else if (from.key == wire::api_key::add_raft_voter) {
    auto said = link_to(node)->open<wire::add_raft_voter_response>(from);
    auto code = said ? static_cast<error_code>(said->error_code) : error_code::none;
    note("addition: " + wire::name(code));
    if (code == error_code::none || code == error_code::duplicate_voter)
      voter_out_.reset();
  } else if (auto said = link_to(node)->open<wire::elect_leaders_response>(from)) {
    note("election: " + error_name(said->error_code));
  }
}

} // namespace troupe::simulation::cluster
