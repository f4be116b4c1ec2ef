// What of a topic's options the states of its partitions depend on.
#pragma once

#include "runtime/metadata/image.hpp"

namespace troupe::metadata {

struct replica_rules {
  std::int32_t min_insync_replicas = 0; // 0: a majority
  bool unclean_election = false;
};

/// min.insync.replicas as it holds for this partition: never more than it is to have replicas.
std::int32_t min_insync_of(const replica_rules& rules, const partition& p);

} // namespace troupe::metadata
