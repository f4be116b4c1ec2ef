#include "actors/client/consumer_options.hpp"

#include "runtime/base/option_check.hpp"

namespace troupe::client {

namespace {

result<void> check_assignments(const consumer_options& o) {
  if (o.assignments.empty())
    return fail(errc::invalid_argument, "assignments: at least one is needed");
  for (auto& one : o.assignments) {
    if (one.topic.empty())
      return fail(errc::invalid_argument, "assignments: a topic's name must not be empty");
    if (one.partition.value() < all_partitions.value())
      return fail(errc::invalid_argument, "assignments: there is no partition " + std::to_string(one.partition.value()));
    if (one.from.where > start_point::kind::at_time)
      return fail(errc::invalid_argument, "assignments: there is no such start_point");
    if (one.from.number < 0)
      return fail(errc::invalid_argument, "assignments: an offset or a time must not be negative");
  }
  return {};
}

} // namespace

result<void> check(const consumer_options& o) {
  option_check all;
  all.add(check_assignments(o));
  if (o.auto_offset_reset > offset_reset::none)
    all.add(fail(errc::invalid_argument, "auto_offset_reset: must be earliest, latest or none"));
  all.add(in_range("max_partition_fetch_bytes", o.max_partition_fetch_bytes, 1, limits::fetch_max_bytes));
  all.add(in_range("fetch_min_bytes", o.fetch_min_bytes, 1, o.max_partition_fetch_bytes));
  all.add(in_range("fetch_max_wait_ms", o.fetch_max_wait_ms, 1, hour_ms));
  all.add(in_range("request_timeout_ms", o.request_timeout_ms, 1, day_ms));
  all.add(in_range("retry_backoff_ms", o.retry_backoff_ms, 1, hour_ms));
  all.add(in_range("retry_backoff_max_ms", o.retry_backoff_max_ms, o.retry_backoff_ms, hour_ms));
  all.add(in_range("max_unanswered_batches", o.max_unanswered_batches, 1, 1'000'000));
  all.add(in_range("max_unanswered_bytes", o.max_unanswered_bytes, 1, 64 * limits::gib));
  all.add(in_range("buffer_memory_bytes", o.buffer_memory_bytes, 1, 64 * limits::gib));
  all.add(in_range("max_poll_interval_ms", o.max_poll_interval_ms, 1, 7 * day_ms));
  all.add(in_range("restart_backoff_ms", o.restart_backoff_ms, 1, hour_ms));
  all.add(in_range("restart_backoff_max_ms", o.restart_backoff_max_ms, o.restart_backoff_ms, day_ms));
  return all.outcome();
}

} // namespace troupe::client
