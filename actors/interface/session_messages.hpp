// What a session (one Kafka connection, or a native client) and the partitions say to each other. All of it stays
// inside a node; bytes are ref-counted and never copied on the way.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <caf/all.hpp>

namespace troupe {

/// Tells a session which of its requests, and which part of that request, a reply belongs to.
struct request_tag {
  std::uint64_t request = 0; ///< counts the requests of the session
  std::uint32_t part = 0;    ///< the position of the partition in the request
};

/// A record of a refused batch, by its position in the batch (KIP-467).
struct refused_record {
  std::int32_t batch_index = 0;
  std::string message;
};

/// Answers append_request, once what its `acks` asked for is true.
struct append_reply {
  request_tag tag;
  errc code = errc::none;
  offset base_offset = no_offset;
  timestamp_ms log_append_time = no_timestamp; ///< only if the topic stamps records itself
  offset log_start = no_offset;
  std::string message;
  std::vector<refused_record> refused;
};

/// Answers fetch_request at once.
struct fetch_reply {
  request_tag tag;
  errc code = errc::none;
  offset high_watermark = no_offset;
  offset log_start = no_offset;
  std::vector<bytes> batches; ///< whole batches, in order, the first one holding the offset asked for
  std::size_t size_bytes = 0;
  bool from_disk = false; ///< memory of its own, that nobody else holds
  std::string message;
};

/// May follow a fetch_reply (see fetch_request::wake_below_bytes): there is more to read now. Sent at most once.
struct fetch_wakeup {
  request_tag tag;
};

/// Answers list_offset_request.
struct list_offset_reply {
  request_tag tag;
  errc code = errc::none;
  offset found = no_offset; ///< -1: no record is that young
  timestamp_ms timestamp = no_timestamp;
  leader_epoch epoch = no_leader_epoch;
};

/// Answers epoch_end_request.
struct epoch_end_reply {
  request_tag tag;
  errc code = errc::none;
  leader_epoch epoch = no_leader_epoch;
  offset end_offset = no_offset;
};

/// Answers delete_records_request, once no crash can bring the records back.
struct delete_records_reply {
  request_tag tag;
  errc code = errc::none;
  offset low_watermark = no_offset; ///< where the log starts now
};

/// Answers partition_size_request.
struct partition_size_reply {
  request_tag tag;
  std::uint64_t size_bytes = 0; ///< of all batches that are kept, those in memory included
};

/// An idempotent producer that a partition remembers.
struct active_producer {
  producer_id id;
  producer_epoch epoch;
  std::int32_t last_sequence = -1; ///< -1: not known
  timestamp_ms last_timestamp = no_timestamp;
};

/// Answers active_producers_request.
struct active_producers_reply {
  request_tag tag;
  std::vector<active_producer> producers;
};

/// The receiving side of what administrators ask.
using partition_admin_client =
    caf::typed_actor<caf::reacts_to<delete_records_reply>, caf::reacts_to<partition_size_reply>,
                     caf::reacts_to<active_producers_reply>>;

/// The receiving side of a session.
using partition_client = caf::typed_actor<caf::reacts_to<append_reply>, caf::reacts_to<fetch_reply>,
                                          caf::reacts_to<fetch_wakeup>, caf::reacts_to<list_offset_reply>,
                                          caf::reacts_to<epoch_end_reply>>;

/// Appends one record batch as a producer sent it.
struct append_request {
  request_tag tag;
  bytes batch; ///< the partition writes offset and epoch into it: nobody else may use it
  std::int16_t acks = -1;
  bool zstd_allowed = true; ///< false: the client's version of the protocol knows no zstd
  partition_client reply_to;
};

/// Reads from one partition, below the high watermark.
struct fetch_request {
  request_tag tag;
  offset from;
  leader_epoch current_epoch = no_leader_epoch; ///< -1: no check (KIP-320)
  std::uint32_t max_bytes = 0;
  bool at_least_one = false;   ///< return the first batch whatever its size
  /// If less than this is returned, a fetch_wakeup follows when there is more; 0: never.
  std::uint32_t wake_below_bytes = 0;
  partition_client reply_to;
  bool any_replica = false; ///< a follower may answer, with what it knows to be committed (KIP-392)
};

/// What a timestamp stands for in list_offset_request, beside a time in milliseconds.
namespace list_offset {
constexpr std::int64_t latest = -1;
constexpr std::int64_t earliest = -2;
constexpr std::int64_t max_timestamp = -3;
constexpr std::int64_t earliest_local = -4;
constexpr std::int64_t latest_tiered = -5;
constexpr std::int64_t earliest_pending_upload = -6;
} // namespace list_offset

struct list_offset_request {
  request_tag tag;
  std::int64_t timestamp = list_offset::latest;
  leader_epoch current_epoch = no_leader_epoch;
  partition_client reply_to;
};

/// Where the records of a leader epoch end (OffsetForLeaderEpoch, KIP-320).
struct epoch_end_request {
  request_tag tag;
  leader_epoch current_epoch = no_leader_epoch;
  leader_epoch epoch;
  partition_client reply_to;
};

/// Deletes all records below an offset (DeleteRecords, KIP-107). Errors: offset_out_of_range, policy_violation (the
/// topic's cleanup.policy lacks "delete"), those of the disk, not_leader.
struct delete_records_request {
  request_tag tag;
  offset before = no_offset; ///< no_offset: all that are readable now
  partition_admin_client reply_to;
};

/// How much there is (DescribeLogDirs).
struct partition_size_request {
  request_tag tag;
  partition_admin_client reply_to;
};

/// Which idempotent producers are remembered (DescribeProducers, KIP-664).
struct active_producers_request {
  request_tag tag;
  partition_admin_client reply_to;
};

/// What administrators may ask of a partition on the same node.
using partition_admin_actor =
    caf::typed_actor<caf::reacts_to<delete_records_request>, caf::reacts_to<partition_size_request>,
                     caf::reacts_to<active_producers_request>>;

/// What anybody may ask of a partition; the rest of its interface is in actors/partition.
using partition_actor = caf::typed_actor<caf::reacts_to<append_request>, caf::reacts_to<fetch_request>,
                                         caf::reacts_to<list_offset_request>, caf::reacts_to<epoch_end_request>>;

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::append_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::fetch_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::fetch_wakeup)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::list_offset_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::epoch_end_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::delete_records_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partition_size_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::active_producers_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::append_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::fetch_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::list_offset_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::epoch_end_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::delete_records_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partition_size_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::active_producers_request)
