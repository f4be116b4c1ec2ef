// The log of one partition, in memory: knows what is durable where, holds the batches at the tail, and says what
// is to be written, read and removed. Does no I/O itself: the flusher (segment_store.hpp) and the reader
// (segment_reader.hpp) carry out its orders. Pure; owned by the partition's actor.
//
//   log_start <= flushed_end, durable_end <= log_end        (log_start may lie anywhere up to durable_end)
//   [log_start, flushed_end)    in segments; the last part also in memory, until evicted
//   [flushed_end, log_end)      in memory; up to durable_end also in the journal
//
// Small batches become durable in the journal, together with those of other partitions, and are flushed later. Where more
// has gathered than one write of the journal is good for, they go straight to their segment, and the journal only
// notes that they are there: so a heavy stream is written once, not twice.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"
#include "runtime/storage/disk_orders.hpp"
#include "runtime/storage/epoch_cache.hpp"
#include "runtime/storage/log_tail.hpp"
#include "runtime/storage/log_types.hpp"
#include "runtime/storage/producer_state.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace troupe::storage {

struct log_options {
  std::uint64_t segment_bytes = 1 * limits::gib;
  std::int64_t segment_ms = 7 * 24 * 3600 * std::int64_t{1000};
  std::int64_t retention_ms = 7 * 24 * 3600 * std::int64_t{1000}; ///< -1: for ever
  std::int64_t retention_bytes = -1;                              ///< -1: no limit
  std::uint64_t index_interval_bytes = 4096;
  std::uint64_t flush_bytes = 1 * limits::mib;      ///< a flush is due when so much is durable and not flushed
  std::int64_t flush_ms = 10'000;                   ///< ... or when the oldest of it is that old
  std::uint64_t flush_max_bytes = 32 * limits::mib; ///< what one order writes at the most
  std::uint64_t straight_bytes = 1 * limits::mib;   ///< when so much waits for the journal, it goes straight to segments
  std::int64_t producer_expiration_ms = 24 * 3600 * std::int64_t{1000};
};

/// What to do to answer a read: either batches from memory, or an order for the reader.
struct read_plan {
  std::vector<bytes> batches; ///< each is one whole batch
  std::size_t size_bytes = 0;
  std::optional<segment_read> segment; ///< set: nothing in `batches`; read on in memory by the next plan
};

/// Where the largest timestamp is. Usually `known` alone; all empty: the log has no records.
struct max_timestamp_plan {
  /// The largest one of the batches that surely hold it at or above log_start. The first batch of several.
  std::optional<timestamp_position> known;
  /// A batch in memory of which only the end is at or above log_start: what its records say counts, if larger than `known`
  /// or as large.
  std::optional<bytes> cut_batch;
  /// Segments of which only the end is at or above log_start, and that have lost their largest one: their batches count
  /// from `from` on, in the same way.
  std::optional<segment_read> cut_segment;
};

/// Where the first batch with a timestamp of at least the one asked for is. Both empty: there is none.
/// The record itself must be looked for inside the batch (record::find_by_time). It may not be there, if the search
/// began within the batch: then ask again from the batch's end.
struct time_plan {
  std::optional<bytes> batch;                 ///< in memory
  std::optional<segment_time_search> segment; ///< if the reader finds nothing: ask again from its `next`
};

class partition_log {
public:
  partition_log(topic_partition name, const log_options& options, recovered_partition recovered);

  const topic_partition& name() const noexcept { return name_; }
  const log_options& options() const noexcept { return options_; }
  void options(const log_options& changed) { options_ = changed; }
  /// What is remembered of idempotent producers.
  const producer_state& producers() const noexcept { return producers_; }

  offset log_start() const noexcept { return log_start_; }
  offset log_end() const noexcept { return log_end_; }
  offset durable_end() const noexcept { return durable_end_; }
  offset flushed_end() const noexcept { return flushed_end_; }
  /// Everything from log_start's segment to log_end.
  std::uint64_t size_bytes() const noexcept;
  std::uint64_t unflushed_bytes() const noexcept { return tail_.unflushed_bytes(); }
  /// Flushed and still in memory: what `evict` can free.
  std::uint64_t cached_bytes() const noexcept { return tail_.cached_bytes(); }
  std::size_t segment_count() const noexcept { return segments_.size(); }

  // --- writing ---

  /// Whether a batch of an idempotent producer is to be appended, was already, or is wrong: see producer_state.
  result<std::optional<remembered_batch>> check_producer(const batch_facts& batch) const {
    return producers_.check(batch);
  }
  /// `batch` is one batch with its offsets and epoch assigned; `facts` are its own. It must begin at log_end
  /// (or behind it: a follower copies gaps).
  void append(bytes batch, const batch_facts& facts, timestamp_ms now);
  /// What to hand to the journal now, one after the other until there is nothing. After every append, mark_durable and
  /// on_flushed; before next_flush.
  std::optional<journal_order> next_for_journal();
  /// Whether the rest waits for next_flush.
  bool goes_straight() const noexcept;
  /// The journal has everything below `end`, or knows that it is in segments.
  void mark_durable(offset end);
  /// This partition gets a new leader: its epoch begins at log_end.
  void start_epoch(leader_epoch epoch) { epochs_.add(epoch, log_end_); }
  /// Somebody else leads: an epoch that began here and got no record is forgotten.
  void stop_leading() { epochs_.truncate_back(log_end_); }

  // --- replication ---

  /// Everything below `end` will stay (the high watermark). What lies behind is not flushed if that can be avoided, and
  /// producers' batches are remembered as if it was not there. Before the first call everything durable stays.
  void settle(offset end) noexcept { settled_end_ = end; }
  /// Whether there are other replicas, so that the end of the log may be cut off some time.
  void may_be_cut(bool may) noexcept { may_be_cut_ = may; }
  /// Of the last record; no_leader_epoch if there is none.
  leader_epoch last_record_epoch() const noexcept {
    return log_end_ > log_start_ ? epochs_.epoch_at(log_end_ - 1) : no_leader_epoch;
  }
  /// Drops everything at and behind `end`, and the batch that contains it: `end` >= log_start. Everything must be durable,
  /// and no order outstanding. Gives an order for the flusher if some of it is in segments: on_cut() when it is done. The
  /// rest lay in memory and in the journal, where the next batch takes its place; until that is durable, a restart may
  /// bring the old ones back, as if nothing had been dropped.
  std::optional<segment_cut> truncate(offset end);
  /// After a failure the order may be given again by truncate().
  void on_cut(const result<segment_cut_result>& done);
  /// Drops everything: the log begins and ends at `start`. On the same conditions; the order is one for on_flushed().
  flush_request begin_at(offset start);

  // --- reading ---

  /// Whole batches from the one that contains `from`, or the next one behind a gap; only batches that end at or
  /// below `limit`. Up to `max_bytes`; with `at_least_one`, one batch in any case. errc::offset_out_of_range if
  /// `from` is below log_start or above log_end. Nothing at all if there is nothing below the limit.
  result<read_plan> read(offset from, offset limit, std::size_t max_bytes, bool at_least_one) const;
  /// `from`: usually log_start; offsets below it do not count. Only batches that end at or below `limit`.
  time_plan find_by_time(timestamp_ms timestamp, offset from, offset limit) const;
  /// Of what is durable.
  max_timestamp_plan max_timestamp() const;
  /// OffsetForLeaderEpoch (KIP-320): the largest known epoch up to the one asked for, and where it ends;
  /// (-1, -1) if the epoch is newer than any known one, or if none is known.
  epoch_end end_offset_for(leader_epoch epoch) const;
  /// The same for replicas, which compare logs: also where it ends below log_start. What another one has behind it is of another
  /// history, though nobody reads it any more: its producers are remembered.
  epoch_end end_in_history(leader_epoch epoch) const { return epochs_.end_offset_for(epoch, log_end_); }
  leader_epoch last_epoch() const noexcept { return epochs_.last(); }
  /// The epoch that `o` was written in; no_leader_epoch if that is not known.
  leader_epoch epoch_at(offset o) const noexcept { return epochs_.epoch_at(o); }

  // --- orders for the flusher: at most one of both kinds is outstanding ---

  /// What to flush now, if it is worth it; `force`: if there is anything at all. Only durable batches, or, if much has
  /// gathered that the journal was not given, all of them.
  std::optional<flush_request> next_flush(timestamp_ms now, bool force);
  /// With nothing that can be flushed: has the flusher say once more what is, for a journal that heard of it too early.
  std::optional<flush_request> repeat_flushed();
  /// What to remove by retention.ms, retention.bytes or `delete_records_before`, never at or above
  /// `high_watermark`. Also forgets producers that expired. log_start moves with the answer, when it is durable: so it
  /// never goes back, whatever happens.
  std::optional<flush_request> expire(timestamp_ms now, offset high_watermark);
  /// The part of it that `delete_records_before` asked for.
  std::optional<flush_request> next_deletion(offset high_watermark);
  /// The answer to either. A failed order is simply given again by the next call; nothing is lost.
  void on_flushed(const result<flush_result>& done);
  /// Also a cut.
  bool flush_outstanding() const noexcept { return outstanding_ || is_cutting_; }

  /// DeleteRecords: log_start is to become at least `before`; `next_deletion` gives the order. Nothing to do if it is
  /// there already. errc::offset_out_of_range above `high_watermark`.
  result<void> delete_records_before(offset before, offset high_watermark);
  /// What has not been ordered yet, or whose order failed, is not to be deleted any more.
  void forget_deletions() noexcept { log_start_wanted_ = log_start_; }

  // --- memory ---

  /// Frees at least `bytes` of what is flushed, oldest first, or all of it. Returns what was freed.
  std::uint64_t evict(std::uint64_t bytes);

private:
  struct outstanding_order {
    offset end;
    offset log_start;
    std::vector<segment_info> segments; // as they will be
    std::uint64_t index_gap_bytes = 0; // since the last index entry
    timestamp_ms since;
    bool is_straight = false;
  };

  bool flush_is_due(timestamp_ms now) const noexcept;
  void hand_over_all() noexcept;
  bool must_roll(const segment_info& segment, const batch_facts& next, std::size_t size) const noexcept;
  void begin_segment(flush_request& order, offset base) const;
  void take_batch(flush_request& order, const tail_batch& batch, std::uint64_t& index_gap_bytes) const;
  flush_request place_order(flush_request order, offset log_start, std::uint64_t index_gap_bytes, timestamp_ms now);
  void complete_checkpoint(partition_checkpoint& out) const;
  std::optional<flush_request> order_removal(std::size_t segments);
  /// How many segments may go: those below where log_start is to be and, unless `now` is no_timestamp, by retention.
  std::size_t removable_segments(timestamp_ms now, offset high_watermark) const noexcept;
  bool is_expired(const segment_info& segment, std::uint64_t log_size, timestamp_ms now) const noexcept;
  offset segment_end(std::size_t i) const noexcept;
  std::size_t segment_of(offset o) const noexcept;
  segment_extent extent(std::size_t i) const noexcept;
  std::vector<epoch_start> epochs_from(offset o) const;
  segment_read order_read(offset from, offset limit, std::size_t max_bytes, bool at_least_one) const;

  topic_partition name_;
  log_options options_;
  offset log_start_;
  offset log_start_wanted_; // where deletions want it to be
  offset flushed_end_;
  offset durable_end_;
  offset settled_end_{std::numeric_limits<std::int64_t>::max()};
  offset log_end_;
  offset handed_end_; // up to here the journal was given everything, or told that it is flushed
  std::uint64_t handed_bytes_ = 0;   // that it was given since it had everything the last time
  std::uint64_t unhanded_bytes_ = 0; // [handed_end_, log_end_)
  bool flush_failed_ = false;        // the last one: then the journal is tried
  bool may_be_cut_ = false;
  std::vector<segment_info> segments_; // as far as they are synced
  std::uint64_t segments_size_bytes_ = 0;
  std::uint64_t index_gap_bytes_ = 0;
  timestamp_ms unflushed_since_ = no_timestamp;
  log_tail tail_;
  epoch_cache epochs_;
  producer_state producers_;
  std::optional<outstanding_order> outstanding_;
  bool is_cutting_ = false;
};

} // namespace troupe::storage
