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
// every batch that the one before had not answered, with the notices (partition_notice) between and behind them, and goes
// on. So each record is handled at least once, and those of one partition in the order of their offsets. A handler that keeps
// its results together with the offsets handles each record exactly once: it begins where its results end (seek), or passes
// over what it knows. A notice counts as read once a batch behind it has been answered; before, it may be told more than
// once, and of several of a kind without records between them the latest one stands for all.
//
// A handler that throws has ended, by the rules of CAF. Whoever has to know that the consumer itself ended monitors it.
//
// Threads: everything is a message. Errors are values: of an option when it is started (check), later a partition_notice.
#pragma once

#include "actors/client/consumer_options.hpp"
#include "actors/client/record_batch.hpp"
#include "actors/interface/cluster_access.hpp"

#include <cstdint>
#include <functional>
#include <string>

#include <caf/all.hpp>

namespace troupe::client {

struct handed_batch;

/// What the user writes. Batches and notices of one partition come in the order of its offsets.
using batch_handler = caf::typed_actor<caf::reacts_to<handed_batch>, caf::reacts_to<partition_notice>>;

/// Starts a handler: called on the consumer's thread, at first and whenever the handler before has ended. An untyped actor
/// becomes one by caf::actor_cast<batch_handler>. If it throws, it is called again after the back-off. A handler is sent
/// exit_reason::user_shutdown when its consumer ends, however that comes.
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

/// Goes on elsewhere. Batches that are handed out already stay with the handler, but are not handed out again. A negative
/// offset or time is none: the partition stops there with a partition_notice, as with any error, until somebody seeks.
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

/// Starts a consumer. It ends when it is closed or gets an exit message, not when handles to it are dropped.
/// Errors as those of check().
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
