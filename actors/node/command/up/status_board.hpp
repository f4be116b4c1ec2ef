// How `troupe up` shows a cluster to people: a table of its nodes on a terminal.
#pragma once

#include "actors/node/command/up/cluster_watch.hpp"
#include "actors/node/command/up/process_supervisor.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

/// What a node's row has that does not change.
struct board_node {
  std::int32_t id = 0;
  std::string roles;
  std::string address; ///< for Kafka clients, or for its peers where it takes none
};

/// One line on the cluster, a heading and a line for each node.
std::vector<std::string> status_board(const std::vector<board_node>& nodes,
                                      const std::vector<supervised_process>& processes, const watched_cluster& cluster,
                                      std::int64_t now_ms);

/// The same lines as they are drawn over the `lines_before` of the last time, cut to the terminal's width.
std::string redraw(const std::vector<std::string>& lines, std::size_t lines_before, std::size_t columns);

/// "3d 4h", "12m 5s": days, hours, minutes and seconds, as far as they matter.
std::string uptime_for_people(std::int64_t uptime_ms);

} // namespace troupe::command
