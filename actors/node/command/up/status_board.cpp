#include "actors/node/command/up/status_board.hpp"

#include "actors/node/command/text_table.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

std::string cluster_line(const std::vector<supervised_process>& processes, const watched_cluster& cluster) {
  auto ready = std::count_if(processes.begin(), processes.end(),
                             [](auto& process) { return process.state == process_state::ready; });
  auto text = std::to_string(ready) + " of " + std::to_string(processes.size()) + " nodes ready";
  if (!cluster.view)
    return text + ", no answer from the cluster";
  auto& view = *cluster.view;
  text += ", controller " + (view.controller < 0 ? std::string{"none"} : std::to_string(view.controller)) + ", "
          + std::to_string(view.partitions) + " partitions, " + std::to_string(view.leaderless.count)
          + " without a leader, " + std::to_string(view.under_replicated.count) + " under-replicated";
  if (cluster.topics_to_make > 0)
    text += ", " + std::to_string(cluster.topics_to_make) + " topics to be made";
  return text;
}

/// What the cluster says of a broker that runs: "ready", or "ready, fenced".
std::string state_of(const board_node& node, const supervised_process& process, const watched_cluster& cluster,
                     std::int64_t now_ms) {
  std::string text{name(process.state)};
  if (process.state == process_state::waiting && process.start_due_ms > now_ms)
    text += " " + std::to_string(process.start_due_ms - now_ms) + " ms";
  if (process.state == process_state::ready && cluster.view) {
    for (auto& broker : cluster.view->brokers)
      if (broker.id == node.id && broker.is_fenced)
        text += ", fenced";
    if (cluster.view->controller == node.id)
      text += ", controller";
  }
  return text;
}

/// "4 of 12": partitions that it leads, of those that it has.
std::string leads_of(const board_node& node, const watched_cluster& cluster) {
  if (cluster.view)
    for (auto& broker : cluster.view->brokers)
      if (broker.id == node.id)
        return std::to_string(broker.leads) + " of " + std::to_string(broker.replicas)
               + (broker.lagging > 0 ? ", " + std::to_string(broker.lagging) + " lag" : "");
  return "-";
}

} // namespace

std::string uptime_for_people(std::int64_t uptime_ms) {
  constexpr std::int64_t minute_s = 60;
  constexpr std::int64_t hour_s = 60 * minute_s;
  constexpr std::int64_t day_s = 24 * hour_s;
  auto seconds = std::max<std::int64_t>(0, uptime_ms) / 1000;
  auto two = [&](std::int64_t large, const char* large_name, std::int64_t small, const char* small_name) {
    return std::to_string(seconds / large) + large_name + ' ' + std::to_string(seconds % large / small) + small_name;
  };
  if (seconds >= day_s)
    return two(day_s, "d", hour_s, "h");
  if (seconds >= hour_s)
    return two(hour_s, "h", minute_s, "m");
  return seconds >= minute_s ? two(minute_s, "m", 1, "s") : std::to_string(seconds) + "s";
}

std::vector<std::string> status_board(const std::vector<board_node>& nodes,
                                      const std::vector<supervised_process>& processes, const watched_cluster& cluster,
                                      std::int64_t now_ms) {
  text_table table;
  table.row({"NODE", "ID", "ROLES", "PID", "STATE", "UPTIME", "RESTARTS", "LEADS", "ADDRESS", "LAST END"});
  for (std::size_t i = 0; i < processes.size(); ++i) {
    auto& process = processes[i];
    auto runs = process.pid != 0;
    table.row({process.name, std::to_string(nodes[i].id), nodes[i].roles, runs ? std::to_string(process.pid) : "-",
               state_of(nodes[i], process, cluster, now_ms), runs ? uptime_for_people(now_ms - process.started_ms) : "-",
               std::to_string(process.restarts), leads_of(nodes[i], cluster), nodes[i].address, process.last_end.empty() ? "-" : process.last_end});
  }
  std::vector<std::string> lines{cluster_line(processes, cluster)};
  auto text = table.str();
  for (std::string_view rest{text}; !rest.empty();) {
    auto end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return lines;
}

std::string redraw(const std::vector<std::string>& lines, std::size_t lines_before, std::size_t columns) {
  std::string text;
  if (lines_before > 0)
    text += "\x1b[" + std::to_string(lines_before) + "A";
  text += "\r\x1b[J";
  for (auto& line : lines)
    text += line.substr(0, columns) + '\n';
  return text;
}

} // namespace troupe::command
