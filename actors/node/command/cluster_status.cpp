#include "actors/node/command/cluster_status.hpp"

#include "actors/node/command/json_line.hpp"
#include "actors/node/command/progress.hpp"
#include "actors/node/command/text_table.hpp"
#include "config/quantity.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

constexpr std::size_t examples_max = 5;
constexpr std::int64_t nearly_full_share = 20; // a twentieth of the disk

std::string address_of(const node_status& node) {
  return to_string(config::address{node.host, static_cast<std::uint16_t>(node.port)});
}

bool is_nearly_full(const disk_status& disk) {
  return disk.total_bytes > 0 && disk.usable_bytes >= 0 && disk.usable_bytes < disk.total_bytes / nearly_full_share;
}

std::string size_text(std::int64_t bytes) { return bytes_for_people(static_cast<double>(bytes)); }

std::string plural(std::int64_t count, const std::string& one) {
  return with_commas(static_cast<std::uint64_t>(count)) + ' ' + one + (count == 1 ? "" : "s");
}

/// "2 partitions have no leader: a/0, a/1"
std::string tally_sentence(const partition_tally& tally, const std::string& one, const std::string& several) {
  auto text = plural(tally.count, "partition") + (tally.count == 1 ? one : several) + ": ";
  for (std::size_t i = 0; i < tally.examples.size(); ++i)
    text += (i == 0 ? "" : ", ") + tally.examples[i];
  return static_cast<std::size_t>(tally.count) > tally.examples.size() ? text + ", ..." : text;
}

std::string disk_text(const disk_status& disk) {
  auto text = size_text(disk.record_bytes) + " of records in " + disk.directory;
  if (disk.total_bytes > 0)
    text += ", " + size_text(disk.usable_bytes) + " of " + size_text(disk.total_bytes) + " free";
  return text;
}

/// Days, hours and minutes, as far as they matter.
std::string uptime_text(std::int64_t uptime_ms) {
  constexpr std::int64_t second_ms = 1000;
  constexpr std::int64_t minute_ms = 60 * second_ms;
  constexpr std::int64_t day_ms = 24 * 60 * minute_ms;
  auto unit = uptime_ms >= day_ms ? 60 * minute_ms : uptime_ms >= 60 * minute_ms ? minute_ms : second_ms;
  auto rounded = uptime_ms - uptime_ms % unit;
  std::string text;
  for (auto [size, name] : {std::pair{day_ms, "d"}, {60 * minute_ms, "h"}, {minute_ms, "m"}, {second_ms, "s"}}) {
    if (rounded >= size)
      text += (text.empty() ? "" : " ") + std::to_string(rounded / size) + name;
    rounded %= size;
  }
  return text.empty() ? "0s" : text;
}

std::string admin_text(const admin_status& admin) {
  auto text = admin.address + "  " + (admin.is_live ? "live" : "not live") + ", "
              + (admin.is_ready ? "ready" : "not ready");
  if (!admin.version.empty())
    text += ", version " + admin.version;
  return admin.uptime_ms < 0 ? text : text + ", up " + uptime_text(admin.uptime_ms);
}

std::string to_json(const node_status& node) {
  json_line line;
  line.number("node", node.id).text("host", node.host).number("port", node.port).boolean("fenced", node.is_fenced);
  std::vector<std::string> disks;
  for (auto& disk : node.disks) {
    json_line entry;
    entry.text("directory", disk.directory).number("record_bytes", disk.record_bytes);
    if (disk.total_bytes >= 0)
      entry.number("total_bytes", disk.total_bytes).number("usable_bytes", disk.usable_bytes);
    disks.push_back(entry.str());
  }
  return line.raw("disks", to_json_array(disks)).str();
}

std::string to_json(const admin_status& admin) {
  json_line line;
  line.text("address", admin.address).boolean("live", admin.is_live).boolean("ready", admin.is_ready);
  if (!admin.version.empty())
    line.text("version", admin.version);
  if (admin.uptime_ms >= 0)
    line.number("uptime_ms", admin.uptime_ms);
  line.number("restarting", admin.restarting);
  return line.str();
}

std::string to_json(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  for (auto& text : texts)
    items.push_back(to_json_string(text));
  return to_json_array(items);
}

} // namespace

void partition_tally::add(const std::string& topic, partition_id partition) {
  ++count;
  if (examples.size() < examples_max)
    examples.push_back(topic + '/' + std::to_string(partition.value()));
}

void count_topics(const std::vector<topic_info>& topics, cluster_status& into) {
  for (auto& topic : topics) {
    ++into.topics;
    for (auto& partition : topic.partitions) {
      ++into.partitions;
      if (partition.leader < 0)
        into.leaderless.add(topic.name, partition.partition);
      if (partition.in_sync.size() < partition.replicas.size())
        into.under_replicated.add(topic.name, partition.partition);
    }
  }
}

std::vector<std::string> problems_of(const cluster_status& status) {
  std::vector<std::string> problems;
  if (status.controller < 0)
    problems.push_back("the cluster has no controller: topics can be neither made nor changed");
  if (status.nodes.empty())
    problems.push_back("the cluster has no node that serves clients");
  for (auto& node : status.nodes) {
    auto name = "node " + std::to_string(node.id) + " at " + address_of(node);
    if (node.is_fenced)
      problems.push_back(name + " is fenced: it leads nothing");
    if (!node.disk_problem.empty())
      problems.push_back(name + ": " + node.disk_problem);
    for (auto& disk : node.disks)
      if (is_nearly_full(disk))
        problems.push_back(name + ": the disk of " + disk.directory + " is nearly full: " + size_text(disk.usable_bytes)
                           + " of " + size_text(disk.total_bytes) + " are free");
  }
  if (status.leaderless.count > 0)
    problems.push_back(tally_sentence(status.leaderless, " has no leader", " have no leader"));
  if (status.under_replicated.count > 0)
    problems.push_back(tally_sentence(status.under_replicated, " lacks a replica in sync", " lack replicas in sync"));
  if (status.admin && !(status.admin->is_live && status.admin->is_ready))
    problems.push_back("the admin listener at " + status.admin->address + " says that the node is not "
                       + (status.admin->is_live ? "ready" : "live"));
  if (status.admin && status.admin->restarting > 0)
    problems.push_back(plural(status.admin->restarting, "part")
                       + " of the node failed and will be started again: see /v1/supervision at "
                       + status.admin->address);
  return problems;
}

std::string status_as_text(const cluster_status& status) {
  auto problems = problems_of(status);
  text_table table;
  table.row({"cluster", status.cluster_id + ", controller "
                            + (status.controller < 0 ? "none" : std::to_string(status.controller))});
  for (auto& node : status.nodes) {
    table.row({"node " + std::to_string(node.id), address_of(node) + (node.is_fenced ? "  fenced" : "")});
    for (auto& disk : node.disks)
      table.row({"", disk_text(disk)});
  }
  table.row({"topics", plural(status.topics, "topic") + ", " + plural(status.partitions, "partition") + ", "
                           + std::to_string(status.leaderless.count) + " without a leader, "
                           + std::to_string(status.under_replicated.count) + " under-replicated"});
  table.row({"admin", status.admin ? admin_text(*status.admin) : "not reached"});
  table.row({"health", problems.empty() ? "good" : plural(static_cast<std::int64_t>(problems.size()), "problem")});
  return table.str();
}

std::string status_as_json(const cluster_status& status) {
  auto problems = problems_of(status);
  json_line line;
  line.boolean("healthy", problems.empty()).text("cluster", status.cluster_id).number("controller", status.controller);
  std::vector<std::string> nodes;
  for (auto& node : status.nodes)
    nodes.push_back(to_json(node));
  line.raw("nodes", to_json_array(nodes)).number("topics", status.topics).number("partitions", status.partitions);
  line.number("leaderless", status.leaderless.count).number("under_replicated", status.under_replicated.count);
  if (status.admin)
    line.raw("admin", to_json(*status.admin));
  return line.raw("problems", to_json(problems)).str();
}

} // namespace troupe::command
