// The producer: an actor that writes records to one topic.
//
//     auto producer = client::spawn_producer(system, cluster, {.topic = "orders"});
//     self->send(*producer, client::send_records{1, {client::make_record("alice", "3 apples")}, self});
//     ... behaviour of self: [](const client::delivery_report& r) { ... }
//
// It gathers records into batches, sends them to the partitions' leaders, sends again what failed in a passing way, and
// reports what became of each record. The records of one sender that go to one partition are written in the order in
// which they were sent. By default a record that is reported as written is on disk, and is there once.
//
// Threads: everything is a message; a producer may have any number of senders, in any thread or actor of the process.
// Names, units and defaults of options are Kafka's unless it says otherwise; units come last in a name.
#pragma once

#include "actors/client/new_record.hpp"
#include "actors/interface/cluster_access.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/record/batch_format.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <caf/all.hpp>

namespace troupe::client {

/// When a record counts as written.
enum class required_acks : std::int16_t {
  all = -1,   ///< all in-sync replicas have it on disk
  none = 0,   ///< it has been handed over: nobody knows whether it was written; its offset is not reported
  leader = 1, ///< the leader has it on disk
};

/// The codec's own default.
constexpr int default_compression_level = std::numeric_limits<int>::min();

struct producer_options {
  std::string topic; ///< must not be empty
  required_acks acks = required_acks::all;
  /// Nothing is written twice when it is sent again. Has no effect unless acks is `all`.
  bool enable_idempotence = true;

  record::compression compression_type = record::compression::none;
  /// gzip 1 to 9, zstd -131072 to 22, lz4 -2^31 to 12; snappy has none.
  int compression_level = default_compression_level;

  /// How long a batch waits for more records when it could be sent. With 0 records still gather while
  /// `max_in_flight_requests_per_partition` batches are under way.
  std::int64_t linger_ms = 0;
  /// A batch that is as large, before compression, is sent at once. Kafka's default is 16 KiB.
  std::size_t batch_size_bytes = 512 * limits::kib;
  /// A larger record is refused, compressed or not. Whatever this says, the topic's max.message.bytes holds as well.
  std::size_t max_request_size_bytes = limits::mib;
  /// 1 to 5: what the partitions remember of an idempotent producer.
  std::size_t max_in_flight_requests_per_partition = limits::producer_batches_remembered;

  /// From the moment that the producer takes a record to its report, at the latest.
  std::int64_t delivery_timeout_ms = 120'000;
  /// A partition that does not answer for so long is asked again.
  std::int64_t request_timeout_ms = 30'000;
  std::int64_t retry_backoff_ms = 100;      ///< doubled each time,
  std::int64_t retry_backoff_max_ms = 1000; ///< up to this
  /// How long a record waits for its topic to appear. Kafka's default is 60,000.
  std::int64_t max_block_ms = 5'000;
  /// Creates the topic if it does not exist.
  bool allow_auto_create_topics = false;
  std::int32_t auto_create_partitions = -1; ///< -1: the cluster's num.partitions

  /// All records that are not yet reported, together. See send_records.
  std::size_t buffer_memory_bytes = 32 * limits::mib;
};

/// What became of `count` records that one sender sent with the ids first_id, first_id + 1, ...
struct delivery {
  std::uint64_t first_id = 0;
  std::uint32_t count = 0;
  partition_id partition = any_partition; ///< any_partition: none was chosen before the failure
  offset base_offset = no_offset;         ///< of the first one; the others follow it without a gap
  /// Of the first one: when it was appended, if the topic says so, otherwise its own.
  timestamp_ms timestamp = no_timestamp;
  error what; ///< errc::none: written
  /// Of a failure: the records may be in the topic nevertheless, because an answer was lost. False: they are not.
  bool may_be_written = false;

  bool is_written() const noexcept { return what.code == errc::none; }
};

/// Says of each record exactly once what became of it, and gives credit back. Reports on one partition come in the order
/// of its offsets.
struct delivery_report {
  std::vector<delivery> deliveries;
  /// That much more may be sent. Only to senders that joined.
  std::size_t credit_bytes = 0;
};

/// Whoever sends records. An untyped actor that handles delivery_report is one by
/// `caf::actor_cast<delivery_listener>(self)`.
using delivery_listener = caf::typed_actor<caf::reacts_to<delivery_report>>;

/// Asks for credit: it comes as a delivery_report without deliveries, at once or when others have left some. From then on
/// the sender should send no more than it has credit for, by credit_cost_bytes; it gets back what is reported.
struct join_sender {
  delivery_listener sender;
};

/// Sends records, in this order. Their ids are first_id, first_id + 1, ...; they are the sender's own and mean nothing to
/// the producer. Many records in one message cost less than one message for each.
///
/// Three quarters of the buffer are given out as credit. A sender without credit uses the last quarter, which all such
/// senders share: when that is full its records are refused with errc::busy, unwritten.
///
/// Errors in the report: too_large, invalid_record, invalid_timestamp, unknown_topic_or_partition (no such topic, or a
/// partition number that it does not have), busy (no credit), timed_out (see delivery_timeout_ms), shutting_down (closed),
/// and whatever else a partition refuses a batch for.
struct send_records {
  std::uint64_t first_id = 0;
  std::vector<new_record> records;
  delivery_listener reply_to; ///< null: no report
};

/// Sends without regard to linger_ms what is there, and answers once all records that came before have been reported.
struct flush_producer {};
struct producer_flushed {};

/// Takes no more records, flushes, answers and ends. What is not written after `timeout_ms` is given up: reported with
/// shutting_down. The end of the actor by an exit message gives everything up at once, with the same report.
struct close_producer {
  std::int64_t timeout_ms = 30'000;
};
struct producer_closed {
  std::uint64_t given_up = 0; ///< records
};

using producer_actor =
    caf::typed_actor<caf::reacts_to<send_records>, caf::reacts_to<join_sender>,
                     caf::replies_to<flush_producer>::with<producer_flushed>,
                     caf::replies_to<close_producer>::with<producer_closed>>;

/// Error invalid_argument: an option that is out of its range, named in the detail.
result<void> check(const producer_options& options);

/// Starts a producer. It ends when it is closed or gets an exit message, not when handles to it are dropped.
/// Errors as check().
result<producer_actor> spawn_producer(caf::actor_system& system, const cluster_access& cluster, producer_options options);

} // namespace troupe::client

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::delivery_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::join_sender)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::send_records)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::flush_producer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::producer_flushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::close_producer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::producer_closed)
