// Changes to a batch that is built already.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <optional>

namespace troupe::record {

/// Writes these fields into a batch that nobody else reads as yet, and the checksum that goes with them.
void set_producer(bytes& batch, producer_id id, producer_epoch epoch, std::int32_t base_sequence) noexcept;

struct batch_halves {
  bytes first;
  bytes second;
  std::int32_t first_count = 0;
};

/// The batch as two of about half its records, with its compression, producer and sequence numbers; nothing
/// for one of a single record or one that cannot be read.
std::optional<batch_halves> split_batch(const bytes& batch);

} // namespace troupe::record
