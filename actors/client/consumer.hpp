// The consumer: an actor that reads partitions it was assigned and hands their records to a handler.
//
//     auto consumer = client::spawn_consumer(system, cluster, {.assignments = {{.topic = "orders"}}},
//                                            [](caf::actor_system& s) { return s.spawn(my_handler); });
//     ... behaviour of my_handler:
//       [self](const client::handed_batch& b) {
//         for (auto record : b.records) use(record.value);
//         self->send(b.from, client::batch_done{b.id});
//       },
//       [](const client::partition_notice&) {}
//
// The handler is the user's. The consumer starts it, and starts it anew when it ends: then it hands it again, in order,
// every batch that the one before had not answered, and goes on. So each record is handled at least once, and those of one
// partition in the order of their offsets. A handler that keeps its results together with the offsets handles each record
// exactly once: it begins where its results end (seek), or passes over what it knows.
//
// Threads: everything is a message. Names, units and defaults of options are Kafka's unless it says otherwise.
#pragma once

#include "actors/client/record_batch.hpp"
#include "actors/interface/cluster_access.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <caf/all.hpp>

namespace troupe::client {

/// Where to begin in a partition.
struct start_point {
  enum class kind : std::uint8_t { beginning, end, at_offset, at_time };

  kind where = kind::beginning;
  std::int64_t number = 0; ///< the offset, or milliseconds since 1970

  static start_point beginning() { return {}; }
  /// Behind all that is there when the consumer asks.
  static start_point end() { return {kind::end, 0}; }
  static start_point at(offset first) { return {kind::at_offset, first.value()}; }
  /// The first record that is as young; the end if there is none.
  static start_point at(timestamp_ms time) { return {kind::at_time, time.value()}; }
};

constexpr partition_id all_partitions{-1};

struct assignment {
  std::string topic;
  partition_id partition = all_partitions; ///< all_partitions: also those that are added later, from their beginning
  start_point from;
};

/// Where to go on when the offset to be read is not there: older records were deleted, or it lies behind the end.
enum class offset_reset : std::uint8_t { earliest, latest, none };

struct consumer_options {
  std::vector<assignment> assignments; ///< at least one. A topic that does not exist is waited for
  /// With `none` the partition stops with a partition_notice until somebody seeks. Kafka's default is latest.
  offset_reset auto_offset_reset = offset_reset::earliest;

  /// Of one fetch from one partition, and so of one batch that is handed out; a single stored batch may be larger.
  std::size_t max_partition_fetch_bytes = limits::mib;
  /// Less than this is waited for, up to `fetch_max_wait_ms`.
  std::size_t fetch_min_bytes = 1;
  std::int64_t fetch_max_wait_ms = 500;
  bool check_crcs = true;
  /// A partition that does not answer for so long is asked again.
  std::int64_t request_timeout_ms = 30'000;
  std::int64_t retry_backoff_ms = 100;      ///< doubled each time,
  std::int64_t retry_backoff_max_ms = 1000; ///< up to this

  /// The handler's credit: what it has been handed and has not answered. One batch is handed out whatever its size.
  std::size_t max_unanswered_batches = 8;
  std::size_t max_unanswered_bytes = 16 * limits::mib;
  /// What was fetched and waits for credit, and what is asked for, together.
  std::size_t buffer_memory_bytes = 32 * limits::mib;

  /// A handler that has not answered its oldest batch for so long counts as dead: it is sent exit_reason::kill, and
  /// another one is started. (One that blocks its thread goes on until it returns: the two then overlap.)
  std::int64_t max_poll_interval_ms = 300'000;
  /// Before a handler that ended is started anew; doubled each time until one has answered a batch.
  std::int64_t restart_backoff_ms = 10;
  std::int64_t restart_backoff_max_ms = 10'000;
};

struct handed_batch;
struct partition_notice;

/// What the user writes. Batches and notices of one partition come in the order of its offsets.
using batch_handler = caf::typed_actor<caf::reacts_to<handed_batch>, caf::reacts_to<partition_notice>>;

/// Starts a handler: called on the consumer's thread, at first and whenever the handler before has ended. An untyped actor
/// becomes one by caf::actor_cast<batch_handler>. If it throws, it is called again after the back-off.
using handler_factory = std::function<batch_handler(caf::actor_system&)>;

/// The handler has done with a batch; in any order. Whatever else it says (an id twice, an unknown one) is logged once.
struct batch_done {
  std::uint64_t id = 0;
};

/// No more of the partition is handed out until resume_partition; what the handler has, it has.
struct pause_partition {
  std::string topic;
  partition_id partition = all_partitions;
};
struct resume_partition {
  std::string topic;
  partition_id partition = all_partitions;
};

/// Goes on elsewhere. Batches that are handed out already stay with the handler, but are not handed out again.
struct seek_partition {
  std::string topic;
  partition_id partition = all_partitions;
  start_point to;
};

struct get_position {
  std::string topic;
  partition_id partition;
};
struct partition_position {
  errc code = errc::none;        ///< unknown_topic_or_partition: not assigned
  offset handed = no_offset;     ///< where the next batch to be handed out begins; no_offset: not known yet
  offset answered = no_offset;   ///< all before it has been answered
  offset high_watermark = no_offset; ///< the end that readers see, as of the latest fetch
};

/// Hands out nothing more, waits up to `timeout_ms` for the handler's answers, ends the handler (user_shutdown) and then
/// itself.
struct close_consumer {
  std::int64_t timeout_ms = 30'000;
};
struct consumer_closed {
  std::uint64_t unanswered = 0; ///< batches that the handler had and did not answer
};

using consumer_actor =
    caf::typed_actor<caf::reacts_to<batch_done>, caf::reacts_to<pause_partition>, caf::reacts_to<resume_partition>,
                     caf::reacts_to<seek_partition>, caf::replies_to<get_position>::with<partition_position>,
                     caf::replies_to<close_consumer>::with<consumer_closed>>;

/// To the handler, which answers batch_done{id} to `from`.
struct handed_batch {
  std::uint64_t id = 0; ///< unique for the consumer; the same when it is handed out again
  record_batch records;
  bool again = false; ///< a handler before this one had it, and may have done some of the work
  consumer_actor from;
};

/// To the handler, between batches: something other than records.
struct partition_notice {
  enum class kind : std::uint8_t {
    end_of_partition, ///< everything below `next` has been handed out. Again whenever it is so again
    gap,              ///< [from, next) is not there: compaction or retention deleted it
    reset,            ///< `from` is out of range; it goes on at `next` (auto_offset_reset)
    stopped,          ///< it cannot go on: see `why`. Until somebody seeks
  };

  kind what = kind::end_of_partition;
  std::string topic;
  partition_id partition;
  offset from = no_offset;
  offset next = no_offset;
  error why; ///< of `stopped`: offset_out_of_range, checksum_mismatch, ...
};

/// Error invalid_argument: an option that is out of its range, named in the detail.
result<void> check(const consumer_options& options);

/// Starts a consumer. It ends when it is closed or gets an exit message, not when handles to it are dropped.
/// Errors as check().
result<consumer_actor> spawn_consumer(caf::actor_system& system, const cluster_access& cluster, consumer_options options,
                                      handler_factory make_handler);

} // namespace troupe::client

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::batch_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::pause_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::resume_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::seek_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::get_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::partition_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::close_consumer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::consumer_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::handed_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::partition_notice)
