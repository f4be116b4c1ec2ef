// A cluster's metadata as a node tells them, as the image that everybody in this process reads.
#pragma once

#include "actors/remote/server_address.hpp"
#include "runtime/metadata/image.hpp"
#include "runtime/wire/metadata.hpp"

#include <map>

namespace troupe::remote {

struct cluster_picture {
  metadata::image_ptr image;
  std::map<std::int32_t, server_address> brokers; ///< by node id
};

/// Topics that the node has trouble with are left out. Errors: malformed (it contradicts itself),
/// unsupported_version (topics without ids: the node is older than Kafka 2.8).
result<cluster_picture> picture_of(const wire::metadata_response& answer, metadata::metadata_version version);

} // namespace troupe::remote
