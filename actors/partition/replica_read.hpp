// Reads from segments what a follower is to get, and sends it. An actor of its own, for one answer: everybody else reads and
// writes in between.
#pragma once

#include "actors/partition/partition.hpp"

namespace troupe {

/// `answer`: all but for the batches. `pays`: the follower is throttled. A failure to read is told to the follower.
partition_client::behavior_type replica_read(partition_client::pointer self, const partition_environment& environment,
                                             storage::segment_read read, node_id to,
                                             replication::replica_records answer, bool pays);

} // namespace troupe
