// What the nodes' disks hold of the partitions, as a person with access to the files would see it.
#pragma once

#include "runtime/metadata/image.hpp"
#include "tests/simulation_cluster/member.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

/// What differs between the replicas of a partition; empty if nothing does.
std::string differences(const std::vector<std::unique_ptr<member>>& nodes, const metadata::metadata_image& image);

} // namespace troupe::simulation::cluster
