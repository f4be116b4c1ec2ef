// What a produced batch must satisfy before it is appended. The rules are those of Kafka's broker, which
// clients and their test suites rely on; where it repairs something silently and no client needs that, the
// batch is refused.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/compression.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace troupe::record {

/// What depends on the topic, the request and the time.
struct validation_rules {
  /// The topic's max.message.bytes: the whole batch as it was sent, header included.
  std::size_t max_message_bytes = limits::mib + 12;
  /// The topic's message.timestamp.type.
  timestamp_type timestamps = timestamp_type::create_time;
  timestamp_ms now;
  /// The topic's message.timestamp.before.max.ms and .after.max.ms: how far a record's time may lie off
  /// `now`.
  std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t timestamp_after_max_ms = 3'600'000;
  /// The topic is compacted: every record needs a key.
  bool compacted = false;
  /// Produce v7 and above; the clients of older versions don't know it.
  bool zstd_allowed = true;
};

/// What the log needs to know of a valid batch.
struct batch_info {
  std::size_t size_bytes = 0;
  std::int32_t record_count = 0;
  std::int32_t last_offset_delta = 0;
  timestamp_ms base_timestamp;
  /// The largest of the records' times, whatever the header says; `now` if the topic uses the append time.
  timestamp_ms max_timestamp;
  /// Which record has it, the first if there are several.
  std::int32_t max_timestamp_offset_delta = 0;
  troupe::producer_id producer_id{-1};
  troupe::producer_epoch producer_epoch{-1};
  std::int32_t base_sequence = -1;
  std::int32_t last_sequence = -1;
  record::compression compression = compression::none;
  bool is_transactional = false;
  /// The header must get another timestamp or attribute, and so another CRC: see `settle_timestamps`.
  bool needs_timestamp = false;

  bool has_producer_id() const noexcept { return producer_id.value() >= 0; }
};

/// A record because of which the whole batch is refused (KIP-467): invalid_record for a missing key, or
/// invalid_timestamp.
struct record_error {
  std::int32_t index = 0;
  errc code = errc::none;

  friend bool operator==(const record_error&, const record_error&) = default;
};

/// No more of them than this are listed.
constexpr std::size_t record_errors_max = 10'000;

/// Checks `data`, which must be exactly one batch. Errors, in the order of the checks:
///
///     invalid_record           no batch, an incomplete one, more than one, not magic 2, base offset not 0
///     malformed                a size or count in the header is impossible
///     too_large                larger than max_message_bytes
///     checksum_mismatch
///     unsupported_compression  not one of the five, or zstd where it is not allowed
///     invalid_record           record count and last offset delta disagree, a control batch, a delete
///     horizon, a
///                              transaction without producer id, a producer id without epoch or sequence
///     invalid_timestamp        the producer claims the append time
///     too_large                the records decompress to more than the budget
///     invalid_record           damaged records, offset deltas other than 0, 1, 2 ..., another number of
///     records invalid_timestamp, invalid_record    of single records, which are added to `errors` if that is
///     given
result<batch_info> validate_batch(std::string_view data, const validation_rules& rules,
                                  decompression_budget& budget, std::vector<record_error>* errors = nullptr);

/// Writes what `validate_batch` found to the header of the same batch, if it is not there yet: the append
/// time, or the maximal timestamp where a client got it wrong. Nobody else may read the bytes as yet.
void settle_timestamps(bytes& batch, const batch_info& info, timestamp_type timestamps) noexcept;

} // namespace troupe::record
