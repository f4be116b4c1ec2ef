// What one partition remembers of idempotent producers (KIP-98): the last five batches of each, so that a batch
// that is sent again is answered with its original offset, and one that arrives too early is refused.
// Pure: time is passed in.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/storage/batch_facts.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace troupe::storage {

/// A batch that was appended: what its duplicate is answered with.
struct remembered_batch {
  offset base;
  offset last;
  std::int32_t base_sequence = -1;
  std::int32_t last_sequence = -1;
  timestamp_ms timestamp; ///< the batch's max timestamp: with log append time, the time of the append

  friend bool operator==(const remembered_batch&, const remembered_batch&) = default;
};

/// What is remembered of one producer; its batches oldest first.
struct producer_memory {
  producer_id id;
  producer_epoch epoch;
  timestamp_ms last_used;
  std::vector<remembered_batch> batches;

  friend bool operator==(const producer_memory&, const producer_memory&) = default;
};

class producer_state {
public:
  producer_state() = default;
  explicit producer_state(std::vector<producer_memory> remembered);

  /// Nothing: append it. A batch: this one was appended before, answer with that. Errors:
  /// errc::invalid_producer_epoch (an older incarnation), errc::out_of_order_sequence (not the next sequence, or
  /// a new epoch that does not begin at 0). A producer that nothing is known of may begin anywhere. Batches
  /// without a producer, and control batches of a valid epoch, are always to be appended.
  result<std::optional<remembered_batch>> check(const batch_facts& batch) const;

  /// To be called for every batch that is appended, in order. `durable_end`: of each producer the last five batches
  /// below it stay remembered, however many newer ones there are, in case that those do not survive a crash.
  /// `now` is no_timestamp at recovery: then the first call of `expire` sets the time.
  void update(const batch_facts& batch, timestamp_ms now, offset durable_end);

  /// Forgets the batches at and behind `end`, and producers that have no others.
  void truncate(offset end);

  /// Forgets producers that were not used for `expiration_ms`. Returns how many.
  std::size_t expire(timestamp_ms now, std::int64_t expiration_ms);

  /// All that is known of the batches below `end`, by producer id.
  std::vector<producer_memory> snapshot(offset end) const;

  std::size_t size() const noexcept { return producers_.size(); }
  const std::map<producer_id, producer_memory>& producers() const noexcept { return producers_; }

private:
  std::map<producer_id, producer_memory> producers_;
};

} // namespace troupe::storage
