// What a seed decides before the run begins: sizes, clients, and which faults happen at all. Every class of
// faults is off in half of the seeds, so that each also meets the others' absence (swarm testing).
#pragma once

#include "actors/node/node_parts.hpp"
#include "config/node_options.hpp"

#include <cstdint>
#include <string>

namespace troupe::simulation {

struct plan {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0; ///< until all faults are healed

  config::node_options node;
  node_sizes sizes;
  bool direct_disk = true;

  int producers = 1;
  int consumers = 1;
  int topics = 1;
  std::uint64_t padding_max_bytes = 100;

  bool crashes = false;    ///< the process ends in the middle of anything
  bool power_cuts = false; ///< ... and with it what was not synced
  bool orderly_stops = false;
  bool partition_deaths = false; ///< single partitions' actors die; the node goes on
  bool full_disk = false;
  bool failing_disk = false; ///< single operations fail with EIO
  bool lost_connections = false;
  bool topic_changes = false; ///< topics are made and deleted all the time
  bool deletions = false;     ///< records are deleted
  bool journal_rot = false;   ///< in the end, a group of the journal is damaged while the node is down
  bool slow_start = false;    ///< time passes while the node's actors have work to do

  bool removes_records() const { return deletions || node.log_retention_ms >= 0 || node.log_retention_bytes >= 0; }
  std::string to_string() const;
};

plan draw_plan(std::uint64_t seed, std::uint64_t steps);

} // namespace troupe::simulation
