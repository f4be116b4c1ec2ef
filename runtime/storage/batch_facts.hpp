// What a partition log must know of a record batch: read from the header once, so that nobody parses it again.
#pragma once

#include "runtime/base/types.hpp"
#include "runtime/record/batch_view.hpp"

#include <cstdint>

namespace troupe::storage {

struct batch_facts {
  offset base;
  offset last;
  leader_epoch epoch;
  timestamp_ms max_timestamp;
  producer_id producer = no_producer_id;
  troupe::producer_epoch producer_epoch{-1};
  std::int32_t base_sequence = -1; ///< -1 is "none"
  std::int32_t last_sequence = -1;
  bool control = false;

  /// The offset that follows the batch.
  offset end() const noexcept { return last + 1; }
};

inline batch_facts facts_of(const record::batch_view& batch) noexcept {
  return {batch.base_offset(),   batch.last_offset(),    batch.partition_leader_epoch(),
          batch.max_timestamp(), batch.producer_id(),    batch.producer_epoch(),
          batch.base_sequence(), batch.last_sequence(), batch.is_control()};
}

} // namespace troupe::storage
