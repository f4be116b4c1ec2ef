// What the admin pages show, and what they are told of the node. All of it is shared with those who write it.
#pragma once

#include "actors/interface/supervision_log.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/metrics/connection_table.hpp"
#include "runtime/metrics/partition_table.hpp"
#include "runtime/metrics/registry.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace troupe::admin {

/// starting -> ready -> stopping
enum class node_phase : std::uint8_t { starting, ready, stopping };

/// "starting", "ready", "stopping".
std::string_view name(node_phase phase) noexcept;

struct admin_environment {
  const clock_port* clock = nullptr; ///< outlives the actors
  node_id self;
  std::string version;
  std::string cluster_id;
  std::string data_directory;
  bool own_thread = true; ///< pages are made by a thread of their own
  std::shared_ptr<metrics::registry> registry = std::make_shared<metrics::registry>();
  std::shared_ptr<metrics::partition_table> partitions = std::make_shared<metrics::partition_table>();
  std::shared_ptr<metrics::connection_table> connections = std::make_shared<metrics::connection_table>();
  supervision_log_ptr supervision; ///< never null
  std::shared_ptr<std::atomic<node_phase>> phase = std::make_shared<std::atomic<node_phase>>(node_phase::starting);
};

} // namespace troupe::admin
