#include "actors/client/producer_options.hpp"

#include "runtime/base/option_check.hpp"

namespace troupe::client {

namespace {

/// The levels of each codec; first > last: it has none.
struct level_range {
  int first;
  int last;
};

level_range levels_of(record::compression type) {
  switch (type) {
  case record::compression::gzip:
    return {1, 9};
  case record::compression::lz4:
    return {1, 17};
  case record::compression::zstd:
    return {-131'072, 22};
  default:
    return {1, 0};
  }
}

result<void> check_compression(const producer_options& o) {
  if (!record::is_known(o.compression_type))
    return fail(errc::invalid_argument, "compression_type: there is no such compression");
  if (!o.compression_level)
    return {};
  auto [first, last] = levels_of(o.compression_type);
  auto type = std::string{record::name(o.compression_type)};
  if (first > last)
    return fail(errc::invalid_argument, "compression_level: " + type + " has no levels");
  return in_range("compression_level", *o.compression_level, first, last);
}

} // namespace

result<void> check(const producer_options& o) {
  option_check all;
  if (o.topic.empty())
    all.add(fail(errc::invalid_argument, "topic: must not be empty"));
  if (o.acks != required_acks::all && o.acks != required_acks::none && o.acks != required_acks::leader)
    all.add(fail(errc::invalid_argument, "acks: must be all, none or leader"));
  all.add(check_compression(o));
  all.add(in_range("linger_ms", o.linger_ms, 0, hour_ms));
  all.add(in_range("batch_size_bytes", o.batch_size_bytes, 1, limits::batch_max_bytes));
  all.add(in_range("max_request_size_bytes", o.max_request_size_bytes, 1, limits::batch_max_bytes));
  all.add(in_range("max_in_flight_requests_per_partition", o.max_in_flight_requests_per_partition, 1,
                   limits::producer_batches_remembered));
  all.add(in_range("delivery_timeout_ms", o.delivery_timeout_ms, 1, day_ms));
  all.add(in_range("request_timeout_ms", o.request_timeout_ms, 1, day_ms));
  all.add(in_range("retry_backoff_ms", o.retry_backoff_ms, 1, hour_ms));
  all.add(in_range("retry_backoff_max_ms", o.retry_backoff_max_ms, o.retry_backoff_ms, hour_ms));
  all.add(in_range("max_block_ms", o.max_block_ms, 0, day_ms));
  if (o.auto_create_partitions != -1)
    all.add(in_range("auto_create_partitions", o.auto_create_partitions, 1, limits::partitions_per_topic_max));
  all.add(in_range("buffer_memory_bytes", o.buffer_memory_bytes, 64 * limits::kib, 64 * limits::gib));
  if (o.delivery_timeout_ms < o.linger_ms)
    all.add(fail(errc::invalid_argument, "delivery_timeout_ms: must not be less than linger_ms"));
  return all.outcome();
}

} // namespace troupe::client
