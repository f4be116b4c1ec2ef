// The numbers by which replication tells now from before.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>
#include <vector>

namespace troupe::replication {

/// Grows with every registration of a broker: tells its lives apart. -1: not known.
using broker_epoch = named<struct broker_epoch_tag, std::int64_t>;
/// Counts the changes of one partition's state in the metadata.
using partition_epoch = named<struct partition_epoch_tag, std::int32_t>;

constexpr broker_epoch no_broker_epoch{-1};

/// Where the records of a leader epoch end in a log: the largest epoch up to the one asked for, and the offset behind
/// its last record. (-1, -1): the log knows nothing of it.
struct epoch_end {
  leader_epoch epoch = no_leader_epoch;
  offset end = no_offset;

  friend bool operator==(const epoch_end&, const epoch_end&) = default;
};

/// A partition's state as the controller committed it (KIP-966).
struct partition_state {
  partition_epoch epoch;
  std::vector<node_id> isr; ///< in-sync replicas
  std::vector<node_id> elr; ///< eligible leader replicas: not in sync, yet with everything that is committed
  std::vector<node_id> replicas = {}; ///< those that are new are added; none ever goes within one leader epoch
};

/// A member of an in-sync set, in one of its lives (KIP-903).
struct isr_member {
  node_id node;
  broker_epoch epoch;

  friend bool operator==(const isr_member&, const isr_member&) = default;
};

/// Asks the controller for another in-sync set.
struct isr_proposal {
  std::uint64_t attempt = 0; ///< tells the answer to this question from one to an earlier one
  partition_epoch base;      ///< the state that it changes; with any other one it is refused
  std::vector<isr_member> isr;
};

} // namespace troupe::replication
