// What a seed decides before the run of a cluster begins: its nodes, topics and clients, and which faults happen at all.
// Every class of faults is off in half of the seeds, so that each also meets the others' absence (swarm testing).
#pragma once

#include "actors/node/node_parts.hpp"
#include "config/node_options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::simulation::cluster {

struct topic_wish {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replicas = 1;
  std::int32_t min_insync = 1;
};

struct plan {
  std::uint64_t seed = 0;
  std::int64_t fault_time_ms = 0; ///< until everything is healed

  std::vector<config::node_options> nodes;
  node_sizes sizes;
  bool racks = false; ///< nodes stand in some, and consumers read from the nearest replica (KIP-392)
  bool slow_links = false;
  bool slow_nodes = false; ///< time passes while actors have work to do
  std::vector<topic_wish> topics;
  int producers = 1;
  int consumers = 1;
  std::uint64_t think_max_ms = 200; ///< of clients
  std::uint64_t padding_max_bytes = 100;

  bool crashes = false;
  bool power_cuts = false;
  bool blackouts = false;   ///< all nodes lose their power at once
  bool torn_writes = false; ///< the power goes in the middle of writing
  bool orderly_stops = false;
  bool pauses = false;
  bool partitions = false; ///< of the network
  bool one_way = false;    ///< ... also in one direction only
  bool hold_ups = false;
  bool partition_deaths = false; ///< single actors die; their node goes on
  bool lost_connections = false; ///< of clients
  bool clock_jumps = false;
  bool wipes = false;
  bool rot = false; ///< bits flip on disks
  bool deletions = false; ///< of records
  bool retention = false; ///< old segments go
  bool reassignments = false;
  bool elections = false;
  bool membership = false;  ///< voters of the metadata quorum are removed and added again
  bool clock_drift = false; ///< nodes' clocks are not equally fast

  bool removes_records() const { return deletions || retention; }
  std::string to_string() const;
};

constexpr int racks_count = 2;
std::string rack_name(int number);

plan draw_plan(std::uint64_t seed, std::int64_t fault_time_ms);

} // namespace troupe::simulation::cluster
