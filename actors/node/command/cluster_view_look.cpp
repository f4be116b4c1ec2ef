// Asks a cluster's nodes for what cluster_view.hpp describes.
#include "actors/node/command/cluster_view.hpp"

#include "actors/node/command/outcome.hpp"
#include "actors/node/command/topic_settings.hpp"
#include "config/quantity.hpp"
#include "runtime/wire/describe_cluster.hpp"
#include "runtime/wire/describe_quorum.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

result<void> take_brokers(kafka_client& client, cluster_view& into) {
  wire::describe_cluster_request request;
  request.include_fenced_brokers = true;
  auto answer = client.call_any<wire::describe_cluster_response>(request);
  if (!answer)
    return fail(std::move(answer));
  if (answer->error_code != wire::number(wire::error_code::none))
    return fail(errc::invalid_request, "the node does not describe its cluster: "
                                           + describe(answer->error_code, answer->error_message));
  into.cluster_id = answer->cluster_id;
  into.controller = answer->controller_id;
  for (auto& broker : answer->brokers)
    into.brokers.push_back({broker.broker_id, broker.host, broker.port, broker.rack, broker.is_fenced, 0, 0, 0});
  std::sort(into.brokers.begin(), into.brokers.end(), [](auto& a, auto& b) { return a.id < b.id; });
  return {};
}

bool lacks_replicas(const topic_info& topic) {
  return std::any_of(topic.partitions.begin(), topic.partitions.end(),
                     [](auto& partition) { return partition.in_sync.size() < partition.replicas.size(); });
}

/// min.insync.replicas of a topic; 0 stands for a majority, and also for a node that does not tell.
std::int64_t min_insync_of(kafka_client& client, const std::string& topic) {
  auto options = describe_topic_options(client, topic, false);
  if (options)
    for (auto& option : *options)
      if (option.name == "min.insync.replicas")
        return config::parse_integer(option.value.value_or("")).value_or(0);
  return 0;
}

void take_under_min_isr(kafka_client& client, const std::vector<topic_info>& topics, cluster_view& into) {
  for (auto& topic : topics) {
    if (!lacks_replicas(topic))
      continue;
    auto least = min_insync_of(client, topic.name);
    for (auto& partition : topic.partitions) {
      auto replicas = static_cast<std::int64_t>(partition.replicas.size());
      auto wanted = least > 0 ? std::min(least, replicas) : replicas / 2 + 1;
      if (static_cast<std::int64_t>(partition.in_sync.size()) < wanted)
        into.under_min_isr.add(topic.name, partition.partition);
    }
  }
}

std::vector<quorum_member> members_of(const std::vector<wire::describe_quorum_response::replica_state>& replicas) {
  std::vector<quorum_member> members;
  auto now = wall_time().value();
  for (auto& replica : replicas) {
    auto caught_up = replica.last_caught_up_timestamp;
    members.push_back({replica.replica_id, replica.log_end_offset, caught_up < 0 ? -1 : std::max<std::int64_t>(0, now - caught_up)});
  }
  std::sort(members.begin(), members.end(), [](auto& a, auto& b) { return a.id < b.id; });
  return members;
}

/// A node that does not tell of the quorum is no failure: the rest is of use without.
void take_quorum(kafka_client& client, cluster_view& into) {
  wire::describe_quorum_request request;
  request.topics.push_back({"__cluster_metadata", {{0}}});
  auto answer = client.call_any<wire::describe_quorum_response>(request);
  if (!answer) {
    into.quorum_missing = answer.error() == errc::unsupported_version ? "the node does not know this question"
                                                                      : sentence_of(answer.error());
    return;
  }
  auto has_it = answer->topics.size() == 1 && answer->topics[0].partitions.size() == 1;
  auto code = answer->error_code != 0 || !has_it ? answer->error_code : answer->topics[0].partitions[0].error_code;
  if (code != 0 || !has_it) {
    into.quorum_missing = code != 0 ? describe(code, answer->error_message) : "the answer has no quorum in it";
    return;
  }
  auto& said = answer->topics[0].partitions[0];
  into.quorum = quorum_view{said.leader_id, said.leader_epoch, said.high_watermark, members_of(said.current_voters),
                            members_of(said.observers)};
  // Where any broker passes questions on, each names itself or another one as the controller.
  into.controller = said.leader_id;
}

} // namespace

result<cluster_view> look_at_partitions(kafka_client& client) {
  cluster_view view;
  if (auto asked = take_brokers(client, view); !asked)
    return fail(std::move(asked));
  auto topics = client.topics();
  if (!topics)
    return fail(std::move(topics));
  count_partitions(*topics, view);
  take_quorum(client, view);
  return view;
}

result<cluster_view> look_at_everything(kafka_client& client) {
  auto view = look_at_partitions(client);
  if (!view || view->under_replicated.count == 0)
    return view;
  auto topics = client.topics();
  if (!topics)
    return fail(std::move(topics));
  take_under_min_isr(client, *topics, *view);
  return view;
}

} // namespace troupe::command
