// A membership as bytes, in entries, in snapshots and on the wire, and the way from one to the next.
//
//   membership = version u8 (1)  count u8  { node i32  disk u64 }  count u8  { node i32 }
//
// The first list holds the voters, the second those awaited; both in ascending order of their nodes, each node once.
#pragma once

#include "runtime/base/cursor.hpp"
#include "runtime/base/error.hpp"
#include "runtime/raft/types.hpp"

namespace troupe::raft {

bytes encode(const membership& members);
/// errc::malformed, errc::unsupported_version. The second form leaves the cursor behind what it has read.
result<membership> decode_membership(std::string_view data);
result<membership> decode_membership(read_cursor& in);

/// Replaces the voter with the same node if there is one; it is awaited no more.
membership with_voter(membership members, const voter& added);
membership without_voter(membership members, node_id removed);
/// As above, but the node votes again once it has caught up with a new disk.
membership awaiting(membership members, node_id removed);

} // namespace troupe::raft
