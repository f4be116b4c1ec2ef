// Where the replicas of new partitions go: leaders are spread over the brokers, and the replicas of a
// partition over the racks.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/random.hpp"
#include "runtime/metadata/image.hpp"

#include <vector>

namespace troupe::metadata {

/// The replicas of each of `partitions` new partitions, the preferred leader first.
/// Only brokers that serve get any. Error invalid_replication_factor: there are not enough of them.
result<std::vector<std::vector<node_id>>> place(const metadata_image& image, std::int32_t partitions,
                                                std::int32_t replication_factor, random_source& random);

} // namespace troupe::metadata
