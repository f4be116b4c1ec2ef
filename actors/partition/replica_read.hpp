// Reads from segments what another replica is to get, and sends it. An actor of its own, for one answer: everybody else reads and
// writes in between.
#pragma once

#include "actors/partition/partition.hpp"

#include <variant>

namespace troupe {

using batches_answer = std::variant<replication::replica_records, replication::repair_records>;

/// `answer`: all but for the batches. `pays`: the follower is throttled. A failure to read is told to whoever asked, and rot
/// to `owner`, the partition.
partition_client::behavior_type replica_read(partition_client::pointer self, const partition_environment& environment,
                                             storage::segment_read read, node_id to,
                                             batches_answer answer, bool pays, partition_internal owner);

} // namespace troupe
