// Messages of the consensus core as bytes, for peers. Numbers are big-endian.
//
//   frame   = version u8 (1)  type u8  flags u8  from i32  to i32  term u64  from-disk u64  body
//   flags     1: rejected  2: transfer  4: blank
//   body, by type:
//     pre_vote_request, vote_request      to-disk u64  log
//     append_request                      log  commit u64  count u32  { kind u8  term u64  size u32  payload }
//     append_reply                        log  rejected-index u64
//     heartbeat_request                   commit u64
//     snapshot_request                    at  membership  size u64  offset u64  data-size u32  data
//     snapshot_reply                      log  offset u64
//     observe_request                     log  membership
//     observe_reply                       leader i32  membership
//     all others                          nothing
//   log, at = term u64  index u64        membership: see membership.hpp
//
// The entries of an append follow its `log` without a gap, so that their indices need not be told.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/raft/types.hpp"

namespace troupe::raft {

bytes encode(const message& m);

/// Payloads share the frame's memory. What is decoded is sound: terms of entries do not go back nor beyond the
/// sender's, memberships can be read, a piece lies within its snapshot. errc::malformed, errc::too_large,
/// errc::unsupported_version.
result<message> decode(const bytes& frame);

} // namespace troupe::raft
