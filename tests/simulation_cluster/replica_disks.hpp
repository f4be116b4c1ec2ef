// What checkers ask of the replicas' disks: what a power cut would leave of their logs.
#pragma once

#include "runtime/base/types.hpp"
#include "tests/simulation/ledger.hpp"

#include <cstdint>
#include <functional>

namespace troupe::simulation::cluster {

/// A batch that is synced. Two with the same offsets are the same if epoch and checksum are.
struct synced_batch {
  std::int64_t base = 0;
  std::int64_t end = 0; ///< behind its last record
  std::int32_t epoch = -1;
  std::uint32_t checksum = 0;

  friend bool operator==(const synced_batch&, const synced_batch&) = default;
};

class replica_disks {
public:
  virtual ~replica_disks() = default;

  /// Whether the node's log holds the record, or did until it was deleted from its start.
  virtual bool holds(node_id node, const place& where, std::int64_t offset) = 0;
  /// On how many nodes' disks the batch that begins there has been, now or before: the same one. Exact if they are fewer
  /// than `wanted`.
  virtual std::size_t copies(const place& where, std::int64_t base, std::size_t wanted) = 0;
  /// Reads the node's disk: what is asked from now on is as it is there. A log that was begun anew leaves no trace before.
  virtual void look_at(node_id node) = 0;
  /// The node's batches that begin at `from` or behind it, in order, until `f` says false.
  virtual void for_each(node_id node, const place& where, std::int64_t from,
                        const std::function<bool(const synced_batch&)>& f) = 0;
};

} // namespace troupe::simulation::cluster
