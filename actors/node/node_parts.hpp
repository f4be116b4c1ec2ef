// What a node is made of before its actors start: the ports to the machine, and its directories, opened and
// recovered.
#pragma once

#include "actors/admin/admin_environment.hpp"
#include "actors/controller/raft_driver.hpp"
#include "actors/interface/peer_messages.hpp"
#include "actors/partition/partition_manager.hpp"
#include "actors/partition/storage_metrics.hpp"
#include "config/node_options.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/storage/data_directory.hpp"
#include "runtime/storage/file_system.hpp"
#include "runtime/storage/partition_log.hpp"
#include "runtime/storage/segment_reader.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace troupe {

/// Sizes that no configuration names, because there is nothing to choose. A simulation makes them tiny.
struct node_sizes {
  std::size_t journal_group_max_bytes = limits::journal_group_max_bytes;
  storage::log_options log;                ///< flush_bytes, flush_ms, flush_max_bytes
  storage::segment_reader_options reading; ///< all but the directory
  storage::segment_store_options segments; ///< all but the directory
};

/// The machine, or a simulated one. All of it outlives the node.
struct node_ports {
  storage::file_system* files = nullptr;
  const clock_port* clock = nullptr;
  std::uint64_t seed = 0;  ///< of ids that must be random
  bool own_threads = true; ///< actors that wait for the disk get a thread each
  bool open_listeners = true;
  node_sizes sizes{};
  /// The gate to the other nodes; empty: CAF's middleman.
  std::function<peer_gate_actor(caf::actor_system&, peer_incarnation)> open_peers{};
};

struct node_parts {
  config::node_options options;
  node_ports ports;
  metadata::topic_defaults defaults;
  std::string cluster_id; ///< empty: not known yet
  /// What earlier lives have stored is all there, as far as can be seen.
  bool storage_kept = false;
  std::unique_ptr<storage::file_lock> lock; ///< of the data directory: held to the end
  std::shared_ptr<storage::journal> journal;
  std::shared_ptr<storage::segment_store> segments;
  std::shared_ptr<recovered_partitions> recovered;
  std::shared_ptr<raft_start> raft;
  std::shared_ptr<cache_budget> cache;
  storage_metrics_ptr storage_metrics;
  admin::admin_environment watch; ///< what those are shown who watch the node
};

/// Locks, checks and recovers the node's directory. Damage that was found is logged; an error is one
/// sentence.
result<node_parts> open_node(const config::node_options& options, const node_ports& ports);

} // namespace troupe
