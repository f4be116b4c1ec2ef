// The codecs of what clients ask about the cluster.
#include "runtime/wire/api_versions.hpp"
#include "runtime/wire/codec.hpp"
#include "runtime/wire/metadata.hpp"

namespace troupe::wire {

TROUPE_WIRE_MESSAGE(api_versions_request)
TROUPE_WIRE_MESSAGE(api_versions_response)
TROUPE_WIRE_MESSAGE(metadata_request)
TROUPE_WIRE_MESSAGE(metadata_response)

} // namespace troupe::wire
