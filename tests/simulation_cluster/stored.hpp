// What the nodes' disks hold of the partitions, as a person with access to the files would see it.
#pragma once

#include "tests/simulation_cluster/member.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace troupe::simulation::cluster {

/// A sound batch in a segment.
struct stored_copy {
  std::string file;
  std::uint64_t position = 0;
  std::string bytes;
};

/// By partition and base offset.
using stored_copies = std::map<std::pair<topic_partition, std::int64_t>, stored_copy>;

/// What the node's segments hold; nothing if they cannot be read, as on a machine without power.
std::optional<stored_copies> copies_on(member& node);

} // namespace troupe::simulation::cluster
