// The nodes of a cluster as processes of this machine: started, watched, started again and stopped.
#pragma once

#include "actors/node/command/outcome.hpp"
#include "config/topology.hpp"

#include <string>
#include <vector>

namespace troupe::command {

struct cluster_run {
  std::string file;
  std::vector<config::node_options> nodes; ///< those to run
  std::vector<config::topic_entry> topics; ///< to be made once the cluster answers
  /// --data: the nodes are told where their data lies, since the file says otherwise.
  bool data_is_elsewhere = false;
  bool only_once = false;
  /// No table, also on a terminal.
  bool is_plain = false;
};

/// Until SIGINT, SIGTERM or SIGHUP, or until nobody runs any more. Gives the exit code: 0 if the cluster came up and was
/// stopped in order, 130 if it was killed by a second signal, else 1.
int run_cluster(const cluster_run& run, const streams& to);

} // namespace troupe::command
