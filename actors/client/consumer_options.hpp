// What a consumer can be told. Names, units and defaults are Kafka's unless it says otherwise; units come last in a name.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/types.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
  start_point from{};
};

/// Where to go on when the offset to be read is not there: older records were deleted, or it lies behind the end.
enum class offset_reset : std::uint8_t { earliest, latest, none };

struct consumer_options {
  std::vector<assignment> assignments{}; ///< at least one. A topic that does not exist is waited for
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
  /// What was fetched and waits for credit, and what is asked for, together. So a consumer takes this and
  /// max_unanswered_bytes: 48 MiB by default. The sum over all consumers of a process counts.
  std::size_t buffer_memory_bytes = 32 * limits::mib;

  /// A handler that has batches and answers none for so long counts as dead: it is sent exit_reason::kill, and another
  /// one is started. (One that blocks its thread goes on until it returns: the two then overlap.)
  std::int64_t max_poll_interval_ms = 300'000;
  /// Before a handler that ended is started anew; doubled each time until one has answered a batch.
  std::int64_t restart_backoff_ms = 10;
  std::int64_t restart_backoff_max_ms = 10'000;
};

/// Error invalid_argument: an option that is out of its range, named in the detail.
result<void> check(const consumer_options& options);

} // namespace troupe::client
