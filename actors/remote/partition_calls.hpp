// What a partition is asked, as calls to the node that leads it.
#pragma once

#include "actors/interface/session_messages.hpp"
#include "actors/remote/request_call.hpp"
#include "runtime/wire/fetch.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace troupe::remote {

/// By name and by id: which one is sent depends on the version.
struct partition_name {
  std::string topic;
  topic_id id;
  std::int32_t partition = 0;
};

using partition_ref = std::shared_ptr<const partition_name>;

/// Told of codes that mean that the metadata are old.
using on_stale = std::function<void()>;

/// The replies go where the requests say. An append whose answer is lost is answered with timed_out, one that
/// was never sent with not_leader.
call_ptr append_call(const partition_ref& partition, append_request request, on_stale stale);
call_ptr list_offset_call(const partition_ref& partition, const list_offset_request& request, on_stale stale);
call_ptr epoch_end_call(const partition_ref& partition, const epoch_end_request& request, on_stale stale);

/// Reads at once; `done` gets the reply, with the request's tag.
call_ptr fetch_call(const partition_ref& partition, const fetch_request& request,
                    std::function<void(fetch_reply)> done);

/// A partition of which more than there is below `from` is waited for.
struct awaited_partition {
  partition_ref partition;
  offset from;
  leader_epoch epoch = no_leader_epoch;
};

/// Waits up to `wait_ms` until one of the partitions, each of which is there once, has more.
call_ptr await_call(std::span<const awaited_partition> partitions, std::int64_t wait_ms,
                    std::size_t max_bytes, std::size_t partition_max_bytes,
                    std::function<void(result<wire::fetch_response>)> done);

/// What a node said of one partition.
fetch_reply to_fetch_reply(wire::fetch_response::partition_data& from);

} // namespace troupe::remote
