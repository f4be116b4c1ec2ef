// The codecs of what concerns brokers, their replicas and the quorum.
#include "runtime/wire/codec.hpp"
#include "runtime/wire/describe_quorum.hpp"
#include "runtime/wire/elect_leaders.hpp"
#include "runtime/wire/partition_reassignments.hpp"
#include "runtime/wire/raft_voters.hpp"
#include "runtime/wire/unregister_broker.hpp"

namespace troupe::wire {

TROUPE_WIRE_MESSAGE(elect_leaders_request)
TROUPE_WIRE_MESSAGE(elect_leaders_response)
TROUPE_WIRE_MESSAGE(alter_partition_reassignments_request)
TROUPE_WIRE_MESSAGE(alter_partition_reassignments_response)
TROUPE_WIRE_MESSAGE(list_partition_reassignments_request)
TROUPE_WIRE_MESSAGE(list_partition_reassignments_response)
TROUPE_WIRE_MESSAGE(unregister_broker_request)
TROUPE_WIRE_MESSAGE(unregister_broker_response)
TROUPE_WIRE_MESSAGE(describe_quorum_request)
TROUPE_WIRE_MESSAGE(describe_quorum_response)
TROUPE_WIRE_MESSAGE(add_raft_voter_request)
TROUPE_WIRE_MESSAGE(add_raft_voter_response)
TROUPE_WIRE_MESSAGE(remove_raft_voter_request)
TROUPE_WIRE_MESSAGE(remove_raft_voter_response)

} // namespace troupe::wire
