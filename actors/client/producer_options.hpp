// What a producer can be told. Names, units and defaults are Kafka's unless it says otherwise; units come last in a name.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/record/batch_format.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::client {

/// When a record counts as written.
enum class required_acks : std::int16_t {
  all = -1,   ///< all in-sync replicas have it on disk
  none = 0,   ///< it has been handed over: nobody knows whether it was written; its offset is not reported
  leader = 1, ///< the leader has it on disk
};

struct producer_options {
  std::string topic{}; ///< must not be empty
  required_acks acks = required_acks::all;
  /// Nothing is written twice when it is sent again. Has no effect unless acks is `all`.
  bool enable_idempotence = true;

  record::compression compression_type = record::compression::none;
  /// gzip 1 to 9, lz4 1 to 17 (more than 12 is as 12), zstd -131072 to 22; snappy has none. Nothing: the codec's own default.
  std::optional<int> compression_level{};

  /// How long a batch waits for more records when it could be sent. With 0 records still gather while
  /// `max_in_flight_requests_per_partition` batches are under way.
  std::int64_t linger_ms = 0;
  /// A batch that is as large, before compression, is sent at once. Kafka's default is 16 KiB.
  std::size_t batch_size_bytes = 512 * limits::kib;
  /// A larger record is refused, compressed or not. Whatever this says, the topic's max.message.bytes holds as well.
  std::size_t max_request_size_bytes = limits::mib;
  /// 1 to 5: what the partitions remember of an idempotent producer. Without idempotence records keep their order when
  /// some are sent again only if this is 1.
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

  /// All records that are not yet reported, together: what a producer takes. See send_records. The sum over all producers of
  /// a process counts.
  std::size_t buffer_memory_bytes = 32 * limits::mib;
};

/// Error invalid_argument: an option that is out of its range, named in the detail.
result<void> check(const producer_options& options);

} // namespace troupe::client
