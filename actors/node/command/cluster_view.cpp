#include "actors/node/command/cluster_view.hpp"

#include "actors/node/command/json_line.hpp"
#include "actors/node/command/progress.hpp"
#include "actors/node/command/text_table.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

std::string names_of(const std::vector<quorum_member>& members) {
  std::string text;
  for (auto& member : members)
    text += (text.empty() ? "" : ", ") + std::to_string(member.id);
  return text.empty() ? "none" : text;
}

std::string quorum_text(const cluster_view& view) {
  if (!view.quorum)
    return "not told: " + view.quorum_missing;
  auto& quorum = *view.quorum;
  return "leader " + (quorum.leader < 0 ? std::string{"none"} : std::to_string(quorum.leader)) + ", term "
         + std::to_string(quorum.term) + ", voters " + names_of(quorum.voters) + ", observers " + names_of(quorum.observers);
}

std::string tally_text(const partition_tally& tally) {
  if (tally.count == 0)
    return "none";
  auto text = with_commas(static_cast<std::uint64_t>(tally.count)) + ": ";
  for (std::size_t i = 0; i < tally.examples.size(); ++i)
    text += (i == 0 ? "" : ", ") + tally.examples[i];
  return static_cast<std::size_t>(tally.count) > tally.examples.size() ? text + ", ..." : text;
}

std::string members_json(const std::vector<quorum_member>& members) {
  std::vector<std::string> items;
  for (auto& member : members)
    items.push_back(json_line{}
                        .number("node", member.id)
                        .number("end_offset", member.end_offset)
                        .number("caught_up_ms_ago", member.caught_up_ms_ago)
                        .str());
  return to_json_array(items);
}

std::string tally_json(const partition_tally& tally) {
  std::vector<std::string> names;
  for (auto& name : tally.examples)
    names.push_back(to_json_string(name));
  return json_line{}.number("count", tally.count).raw("examples", to_json_array(names)).str();
}

broker_row* find_broker(cluster_view& view, std::int32_t id) {
  auto broker = std::find_if(view.brokers.begin(), view.brokers.end(), [&](auto& row) { return row.id == id; });
  return broker == view.brokers.end() ? nullptr : &*broker;
}

std::string broker_text(const broker_row& broker) {
  auto text = to_string(config::address{broker.host, static_cast<std::uint16_t>(broker.port)})
              + (broker.rack ? "  rack " + *broker.rack : "") + (broker.is_fenced ? "  fenced" : "  active") + "  leads "
              + std::to_string(broker.leads) + ", replicas " + std::to_string(broker.replicas);
  return broker.lagging == 0 ? text : text + ", of them not in sync " + std::to_string(broker.lagging);
}

} // namespace

void count_partitions(const std::vector<topic_info>& topics, cluster_view& into) {
  cluster_status counted;
  count_topics(topics, counted);
  into.topics = counted.topics;
  into.partitions = counted.partitions;
  into.leaderless = std::move(counted.leaderless);
  into.under_replicated = std::move(counted.under_replicated);
  for (auto& topic : topics)
    for (auto& partition : topic.partitions) {
      if (auto* leader = find_broker(into, partition.leader))
        ++leader->leads;
      for (auto id : partition.replicas)
        if (auto* broker = find_broker(into, id)) {
          ++broker->replicas;
          broker->lagging += std::count(partition.in_sync.begin(), partition.in_sync.end(), id) == 0;
        }
    }
}

bool is_led(const cluster_view& view) {
  return view.controller >= 0 && view.leaderless.count == 0 && (!view.quorum || view.quorum->leader >= 0);
}

std::string view_as_text(const cluster_view& view) {
  text_table table;
  table.row({"cluster", view.cluster_id});
  table.row({"controller", view.controller < 0 ? "none" : std::to_string(view.controller)});
  table.row({"quorum", quorum_text(view)});
  for (auto& broker : view.brokers)
    table.row({"broker " + std::to_string(broker.id), broker_text(broker)});
  table.row({"partitions", with_commas(static_cast<std::uint64_t>(view.partitions)) + " of "
                               + with_commas(static_cast<std::uint64_t>(view.topics)) + " topics"});
  table.row({"  leaderless", tally_text(view.leaderless)});
  table.row({"  under min.insync.replicas", tally_text(view.under_min_isr)});
  table.row({"  under-replicated", tally_text(view.under_replicated)});
  return table.str();
}

std::string view_as_json(const cluster_view& view) {
  json_line line;
  line.text("cluster", view.cluster_id).boolean("led", is_led(view)).number("controller", view.controller);
  if (view.quorum)
    line.raw("quorum", json_line{}
                           .number("leader", view.quorum->leader)
                           .number("term", view.quorum->term)
                           .number("committed", view.quorum->committed)
                           .raw("voters", members_json(view.quorum->voters))
                           .raw("observers", members_json(view.quorum->observers))
                           .str());
  std::vector<std::string> brokers;
  for (auto& broker : view.brokers) {
    json_line entry;
    entry.number("node", broker.id).text("host", broker.host).number("port", broker.port);
    if (broker.rack)
      entry.text("rack", *broker.rack);
    entry.boolean("fenced", broker.is_fenced).number("leads", broker.leads).number("replicas", broker.replicas);
    brokers.push_back(entry.number("lagging", broker.lagging).str());
  }
  line.raw("brokers", to_json_array(brokers)).number("topics", view.topics).number("partitions", view.partitions);
  return line.raw("leaderless", tally_json(view.leaderless))
      .raw("under_min_isr", tally_json(view.under_min_isr))
      .raw("under_replicated", tally_json(view.under_replicated))
      .str();
}

} // namespace troupe::command
