// The codecs of what clients ask about the cluster.
#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/codec.hpp"
#include "runtime/wire/describe_cluster.hpp"
#include "runtime/wire/find_coordinator.hpp"
#include "runtime/wire/list_groups.hpp"
#include "runtime/wire/metadata.hpp"

namespace troupe::wire {

TROUPE_WIRE_MESSAGE(api_versions_request)
TROUPE_WIRE_MESSAGE(api_versions_response)
TROUPE_WIRE_MESSAGE(metadata_request)
TROUPE_WIRE_MESSAGE(metadata_response)
TROUPE_WIRE_MESSAGE(describe_cluster_request)
TROUPE_WIRE_MESSAGE(describe_cluster_response)
TROUPE_WIRE_MESSAGE(find_coordinator_request)
TROUPE_WIRE_MESSAGE(find_coordinator_response)
TROUPE_WIRE_MESSAGE(list_groups_request)
TROUPE_WIRE_MESSAGE(list_groups_response)

} // namespace troupe::wire
