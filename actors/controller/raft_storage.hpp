// A quorum member's part on disk, as the consensus core knows it and as the durable log stores it.
#pragma once

#include "runtime/raft/core.hpp"
#include "runtime/storage/durable_log.hpp"

#include <memory>
#include <string>

namespace troupe {

/// The core and its log, as they were found on disk.
struct raft_start {
  std::unique_ptr<storage::durable_log> log;
  raft::config config;
  raft::restored restored;
};

/// Reads a node's part of the quorum from its directory, which is given a name if it has none yet: `config.seed` must be
/// another one in each life of the node.
result<raft_start> open_raft(storage::file_system& files, const std::string& directory, raft::config config);

storage::durable_entry to_durable(const raft::entry& entry);
storage::durable_snapshot to_durable(const raft::snapshot& snapshot);

} // namespace troupe
