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
// Errors are values: of an option when it is started (check), of a record in its delivery (new_record.hpp).
#pragma once

#include "actors/client/new_record.hpp"
#include "actors/client/producer_options.hpp"
#include "actors/interface/cluster_access.hpp"

#include <cstdint>
#include <memory>
#include <vector>

#include <caf/all.hpp>

namespace troupe::client {

/// Says of each record exactly once what became of it, and gives credit back. Reports on one partition come in the order of
/// its offsets. Two exceptions: see refused_unnamed, and close_producer for what is sent to a producer that has ended.
struct delivery_report {
  std::vector<delivery> deliveries{};
  /// That much more may be sent. Only to senders that joined.
  std::size_t credit_bytes = 0;
  /// That many more records were refused with errc::busy, without saying which: only to a sender that goes on sending
  /// while 1,024 separate refusals wait to be reported to it.
  std::uint64_t refused_unnamed = 0;
  /// INTERNAL: tells the producer that the report has been handled. Let go of it soon: see send_records.
  std::shared_ptr<const void> receipt{};
};

/// Whoever sends records. An untyped actor that handles delivery_report is one by
/// `caf::actor_cast<delivery_listener>(self)`.
using delivery_listener = caf::typed_actor<caf::reacts_to<delivery_report>>;

/// Asks for credit: it comes as a delivery_report without deliveries, at once or when others have left some. From then on
/// the sender should send no more than it has credit for, by credit_cost_bytes; it gets back what is reported.
struct join_sender {
  delivery_listener sender{};
};

/// Sends records, in this order. Their ids are first_id, first_id + 1, ...; they are the sender's own and mean nothing to
/// the producer. Many records in one message cost less than one message for each.
///
/// Three quarters of the buffer are given out as credit. A sender without enough credit for a message uses the last quarter,
/// which all such senders share. When that is full, or when 1,024 reports wait in the sender's own mailbox:
///   - the sender waits, inside of its `send`, while the producer gets on: 100 ms for a message at the most;
///   - then the message is refused as a whole with errc::busy, unwritten.
/// This is decided before the message gets into the producer's mailbox (CAF's have no bound), and by whatever way it is
/// sent. So a producer, its mailbox and its reports take no more than buffer_memory_bytes, by credit_cost_bytes, and about
/// half a KiB for each message that was paid by credit and waits in the mailbox, whatever its senders do. Nobody waits
/// in virtual time. And of a system's scheduler threads one never waits, because the producer could not get on: what an
/// actor sends there without credit is refused at once.
///
/// Errors in the report: too_large (see max_request_size_bytes, and the topic's max.message.bytes), invalid_record (also:
/// no key where the topic is compacted), invalid_timestamp, batch_beyond_segment, unknown_topic_or_partition (no such
/// topic, or a partition number that it does not have), out_of_order_sequence (the partition lacks what it acknowledged
/// before), busy (no credit), timed_out (see delivery_timeout_ms), shutting_down (closed). None of them passes by itself:
/// what does (no leader, too few replicas, a full disk, a lost connection) is waited for until delivery_timeout_ms is over.
struct send_records {
  std::uint64_t first_id = 0;
  std::vector<new_record> records{};
  delivery_listener reply_to{}; ///< null: no report
};

/// Sends without regard to linger_ms what is there, and answers once all records that came before have been reported.
struct flush_producer {};
struct producer_flushed {};

/// Takes no more records, flushes, answers and ends. What is not written after `timeout_ms` is given up: reported with
/// shutting_down. The end of the actor by an exit message gives everything up at once, with the same report. What waits in
/// its mailbox then is reported, too. Of what is sent later, or to a producer that was killed (exit_reason::kill), nobody
/// hears: as with any actor. Whoever has to know monitors the producer.
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

/// Starts a producer. It ends when it is closed or gets an exit message, not when handles to it are dropped.
/// Errors as those of check().
result<producer_actor> spawn_producer(caf::actor_system& system, const cluster_access& cluster, producer_options options);

} // namespace troupe::client

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::delivery_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::join_sender)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::send_records)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::flush_producer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::producer_flushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::close_producer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::producer_closed)
