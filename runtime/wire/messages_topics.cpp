// The codecs of what concerns topics and the offsets in them.
#include "runtime/wire/codec.hpp"
#include "runtime/wire/create_partitions.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_records.hpp"
#include "runtime/wire/delete_topics.hpp"
#include "runtime/wire/describe_topic_partitions.hpp"
#include "runtime/wire/init_producer_id.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "runtime/wire/offset_for_leader_epoch.hpp"

namespace troupe::wire {

TROUPE_WIRE_MESSAGE(create_topics_request)
TROUPE_WIRE_MESSAGE(create_topics_response)
TROUPE_WIRE_MESSAGE(delete_topics_request)
TROUPE_WIRE_MESSAGE(delete_topics_response)
TROUPE_WIRE_MESSAGE(describe_topic_partitions_request)
TROUPE_WIRE_MESSAGE(describe_topic_partitions_response)
TROUPE_WIRE_MESSAGE(create_partitions_request)
TROUPE_WIRE_MESSAGE(create_partitions_response)
TROUPE_WIRE_MESSAGE(delete_records_request)
TROUPE_WIRE_MESSAGE(delete_records_response)
TROUPE_WIRE_MESSAGE(list_offsets_request)
TROUPE_WIRE_MESSAGE(list_offsets_response)
TROUPE_WIRE_MESSAGE(offset_for_leader_epoch_request)
TROUPE_WIRE_MESSAGE(offset_for_leader_epoch_response)
TROUPE_WIRE_MESSAGE(init_producer_id_request)
TROUPE_WIRE_MESSAGE(init_producer_id_response)

} // namespace troupe::wire
