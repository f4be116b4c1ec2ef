// Expected errors are values: an errc with a sentence, and a detail that names what was wrong and where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace troupe {

/// What can go wrong. Each code has a sentence in error.cpp; those that travel to Kafka clients are mapped to
/// Kafka's own codes in runtime/wire.
enum class errc : std::uint8_t {
  none,
  // bytes and records
  end_of_input,
  malformed,
  too_large,
  checksum_mismatch,
  invalid_record,
  invalid_timestamp,
  unsupported_compression,
  unsupported_version,
  // idempotent producers
  out_of_order_sequence,
  invalid_producer_epoch,
  // topics and partitions
  unknown_topic_or_partition,
  unknown_topic_id,
  topic_already_exists,
  invalid_topic,
  invalid_partitions,
  invalid_replication_factor,
  invalid_replica_assignment,
  invalid_config,
  unknown_broker,
  invalid_request,
  offset_out_of_range,
  not_leader,
  fenced_leader_epoch,
  unknown_leader_epoch,
  offset_not_available,
  coordinator_not_available,
  invalid_required_acks,
  not_enough_replicas,
  batch_beyond_segment,
  policy_violation,
  // the machine
  io_error,
  no_space,
  not_found,
  already_exists,
  permission_denied,
  in_use,
  wrong_format,
  corrupt,
  // running
  invalid_argument,
  timed_out,
  busy,
  shutting_down,
  // the cluster; the numbers travel between nodes, so that new codes go to the end
  stale_broker_epoch,
  duplicate_broker,
  wrong_cluster,
  ineligible_replica,
  stale_partition_epoch,
  preferred_leader_not_available,
  eligible_leaders_not_available,
  election_not_needed,
  no_reassignment,
  not_enough_replicas_after_append,
  last_code = not_enough_replicas_after_append,
};

/// The sentence that explains a code to a person.
std::string_view sentence(errc code) noexcept;

/// The code's own name, for logs and JSON.
std::string_view name(errc code) noexcept;

struct error {
  errc code = errc::none;
  std::string detail; // what exactly, and where: "topics/x/0/…00.log at 4096"

  /// Sentence and detail, ready for a person.
  std::string message() const;
  friend bool operator==(const error& e, errc code) noexcept { return e.code == code; }
};

template <class T>
using result = tl::expected<T, error>;

inline tl::unexpected<error> fail(errc code, std::string detail = {}) {
  return tl::unexpected<error>(error{code, std::move(detail)});
}

/// Passes the error of another result on.
template <class T>
tl::unexpected<error> fail(result<T>&& other) {
  return tl::unexpected<error>(std::move(other).error());
}

} // namespace troupe
