// What a partition and the three disk actors (journal, flusher, reader) say to each other, and what the partition
// manager tells its partitions.
#pragma once

#include "actors/interface/broker_view.hpp"
#include "actors/interface/peer_messages.hpp"
#include "actors/interface/session_messages.hpp"
#include "runtime/base/error.hpp"
#include "runtime/metadata/topic_config.hpp"
#include "runtime/metrics/partition_table.hpp"
#include "runtime/replication/leader_core.hpp"
#include "runtime/storage/disk_orders.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace troupe {

// --- to a partition ---

/// The journal has everything below `end`.
struct journal_durable {
  offset end;
};

/// The journal has no room (or has room again): refuse new batches until told otherwise.
struct journal_room {
  bool available = false;
};

/// The answer to a flush_order.
struct flush_done {
  result<storage::flush_result> outcome;
};

/// A search by time went through the segments that it was given: go on behind them.
struct search_missed {
  request_tag tag;
  timestamp_ms timestamp;
  offset next;
  partition_client reply_to;
};

/// A search for the largest timestamp went through the segment that it was given, and found nothing as large as what is
/// known: that is the answer.
struct max_timestamp_known {
  request_tag tag;
  storage::timestamp_position known;
  partition_client reply_to;
};

/// The log is to be written to its segments, so that the journal's oldest file can be recycled.
struct flush_now {};

/// Time passes: flush what is old, free memory that is not used, and, if told so, remove what has expired.
struct housekeep {
  bool expire = false;
};

/// What the metadata say of the partition: who leads and follows, in sync or not.
struct partition_role {
  metadata::partition state;
  std::vector<replication::known_broker> brokers; ///< those with replicas, as far as they are known
  replication::broker_epoch self_epoch = replication::no_broker_epoch;
};

/// A follower asks; answered through the peer gate, some time.
struct replica_asked {
  replication::replica_fetch fetch;
};

/// The leader answers; the records are in `body`.
struct replica_answered {
  replication::replica_records answer;
  bytes body;
};

/// A connection between this node and another one with a replica came or went.
struct replica_connection {
  node_id node;
  bool connected = false;
};

/// What became of an isr_proposed. `state` and the minimum count only if it was accepted.
struct isr_answered {
  leader_epoch epoch;
  std::uint64_t attempt = 0;
  bool accepted = false;
  replication::partition_state state;
  std::int32_t min_insync_replicas = 1;
};

/// INTERNAL: a time that a core of replication has named.
struct replication_alarm {
  std::int64_t at_ms = 0;
};

/// The answer to a cut_order.
struct cut_done {
  result<storage::segment_cut_result> outcome;
};

/// A read ran into what is no good batch any more.
struct rot_found {
  storage::segment_rot where;
};

/// Another replica has lost something, and asks for it.
struct repair_asked {
  node_id from;
  replication::repair_fetch fetch;
};

/// What this one had lost; the records are in `body`.
struct repair_answered {
  node_id from;
  replication::repair_records answer;
  bytes body;
};

/// INTERNAL: the answer should have come.
struct repair_late {
  std::uint64_t round = 0;
};

/// The answer to a patch_order.
struct patch_done {
  std::uint64_t round = 0;
  result<void> outcome;
};

/// The topic's configuration changed.
struct options_changed {
  metadata::topic_options options;
};

/// Memory is short: give back so much of what is flushed, the oldest first.
struct give_back_memory {
  std::int64_t size_bytes = 0;
};

/// INTERNAL: everything that partitions are told.
using partition_internal =
    partition_actor::extend<caf::reacts_to<journal_durable>, caf::reacts_to<journal_room>, caf::reacts_to<flush_done>,
                            caf::reacts_to<delete_records_request>, caf::reacts_to<partition_size_request>,
                            caf::reacts_to<active_producers_request>, caf::reacts_to<max_timestamp_known>,
                            caf::reacts_to<search_missed>, caf::reacts_to<flush_now>, caf::reacts_to<housekeep>,
                            caf::reacts_to<partition_role>, caf::reacts_to<options_changed>,
                            caf::reacts_to<give_back_memory>, caf::reacts_to<replica_asked>,
                            caf::reacts_to<replica_answered>, caf::reacts_to<replica_connection>,
                            caf::reacts_to<isr_answered>, caf::reacts_to<replication_alarm>,
                            caf::reacts_to<cut_done>, caf::reacts_to<rot_found>, caf::reacts_to<repair_asked>,
                            caf::reacts_to<repair_answered>, caf::reacts_to<repair_late>, caf::reacts_to<patch_done>>;

/// A partition as it is on disk, for an actor that takes the place of one that died.
struct partition_recalled {
  topic_partition partition;
  result<storage::recovered_partition> state;
};

using recall_client = caf::typed_actor<caf::reacts_to<partition_recalled>>;

/// Asks for that: first the flusher, which writes what it knows, then the disk, which reads it back.
struct recall_partition {
  topic_partition partition;
  recall_client reply_to;
};

// --- to the disk (journal) ---

/// Makes a batch durable, or, with an empty one, that `flushed` is where segments end, or else that the partition is cut to
/// `base_offset`. Appends of one partition become durable in the order in which they were sent.
struct journal_append {
  topic_partition partition;
  offset base_offset;
  offset next_offset;
  bytes batch;
  partition_internal reply_to;
  std::optional<storage::segments_end> flushed = {};

  bool is_cut() const { return batch.empty() && !flushed; }
};

/// These partitions have everything below these offsets in synced segments, by a durable checkpoint.
struct segments_synced {
  std::vector<std::pair<topic_partition, offset>> ends;
};

/// These partitions were deleted.
struct partitions_forgotten {
  std::vector<topic_partition> partitions;
};

/// Says who is to be told when the journal wants a partition to flush, before its first append.
struct journal_member {
  topic_partition partition;
  partition_internal reply_to;
};

/// INTERNAL: the disk to itself: write what has gathered; look whether there is nothing to do.
struct commit_group {};
struct idle_check {};

using disk_actor = caf::typed_actor<caf::reacts_to<journal_append>, caf::reacts_to<journal_member>,
                                    caf::reacts_to<segments_synced>, caf::reacts_to<partitions_forgotten>,
                                    caf::reacts_to<recall_partition>, caf::reacts_to<commit_group>,
                                    caf::reacts_to<idle_check>>;

// --- to the flusher ---

struct flush_order {
  storage::flush_request request;
  partition_internal reply_to;
};

/// Takes the end of a partition away. The answer comes when no crash can bring it back.
struct cut_order {
  storage::segment_cut request;
  partition_internal reply_to;
};

/// Puts batches back where a segment has rotted.
struct patch_order {
  storage::segment_patch patch;
  std::uint64_t round = 0; ///< comes back
  partition_internal reply_to;
};

/// The partitions' files are to be removed: their topic is no more.
struct remove_partitions {
  std::vector<topic_partition> partitions;
};

/// INTERNAL: the flusher to itself: carry out what has gathered.
struct flush_group {
  bool alarm = false; ///< sent by the clock
};

using flusher_actor =
    caf::typed_actor<caf::reacts_to<flush_order>, caf::reacts_to<cut_order>, caf::reacts_to<patch_order>,
                     caf::reacts_to<remove_partitions>, caf::reacts_to<recall_partition>, caf::reacts_to<flush_group>>;

// --- to the reader ---

/// Reads batches from segments and completes and sends `reply` with them.
struct read_order {
  storage::segment_read read;
  fetch_reply reply;
  partition_client reply_to;
  metrics::partition_counters_ptr counters = nullptr; ///< of the partition: what was read is added
  partition_internal owner = {}; ///< hears of rot
};

/// Finds the first record with a timestamp of at least that; answers the client, or the partition with search_missed.
struct search_order {
  storage::segment_time_search search;
  request_tag tag;
  partition_client reply_to;
  partition_internal partition;
};

/// Finds the record with the largest timestamp in the one batch that `read` asks for.
struct stamp_order {
  storage::segment_read read; ///< from the offset below which records do not count
  request_tag tag;
  partition_client reply_to;
};

/// Whoever takes orders to read; partitions_forgotten: forgets what it holds of these.
using reader_actor = caf::typed_actor<caf::reacts_to<read_order>, caf::reacts_to<search_order>,
                                      caf::reacts_to<stamp_order>, caf::reacts_to<partitions_forgotten>>;

/// INTERNAL: the reader to its keeper: one order more is done; the keeper to itself: a new reader is due.
struct order_done {};
struct restart_reader {};

using reader_keeper_actor = reader_actor::extend<caf::reacts_to<order_done>, caf::reacts_to<restart_reader>>;

// --- to the partition manager ---

/// A leader asks the controller for another in-sync set.
struct isr_proposed {
  topic_partition partition;
  leader_epoch epoch;
  replication::isr_proposal proposal;
};

/// INTERNAL: the manager to itself.
struct housekeeping_tick {};
struct revive_partition {
  topic_partition partition;
};
struct proposals_due {};

using isr_proposal_sink = caf::typed_actor<caf::reacts_to<isr_proposed>>;

using partition_manager_actor =
    caf::typed_actor<caf::reacts_to<metadata_update>, caf::reacts_to<view_subscription>,
                     caf::reacts_to<housekeeping_tick>, caf::reacts_to<revive_partition>,
                     caf::reacts_to<partition_recalled>, caf::reacts_to<peer_received>, caf::reacts_to<peer_status>,
                     caf::reacts_to<isr_proposed>, caf::reacts_to<proposals_due>, caf::reacts_to<controller_reply>>;

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::journal_durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::journal_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::flush_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::search_missed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::max_timestamp_known)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::flush_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::housekeep)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partition_role)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::replica_asked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::replica_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::replica_connection)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::isr_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::replication_alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cut_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cut_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::rot_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::repair_asked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::repair_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::repair_late)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::patch_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::patch_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::isr_proposed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::proposals_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::options_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::give_back_memory)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::journal_append)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::segments_synced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partitions_forgotten)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::journal_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::commit_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::idle_check)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::flush_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remove_partitions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::flush_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::read_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::search_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::stamp_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::order_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::restart_reader)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partition_recalled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::recall_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::housekeeping_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::revive_partition)
