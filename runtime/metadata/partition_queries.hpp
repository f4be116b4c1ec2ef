// Questions about the partitions of an image.
#pragma once

#include "runtime/metadata/commands.hpp"
#include "runtime/metadata/image.hpp"

#include <functional>
#include <vector>

namespace troupe::metadata {

/// Partitions whose first replica is in sync and ready, and may lead as the caller sees it, but does not: what elect_leaders
/// can be asked for.
std::vector<named_partition> preferred_leaders_due(
    const metadata_image& image, const std::function<bool(node_id)>& may_lead = [](node_id) { return true; });

/// A reassignment that goes on (KIP-455).
struct reassignment {
  named_partition partition;
  std::vector<node_id> replicas; // all: those that stay, that join and that leave
  std::vector<node_id> adding;
  std::vector<node_id> removing;
};
/// Of the partitions named, or of all; those that are not being reassigned are left out. In the order of
/// topics' names.
std::vector<reassignment>
ongoing_reassignments(const metadata_image& image,
                      const std::optional<std::vector<named_partition>>& of = std::nullopt);

} // namespace troupe::metadata
