#include "actors/remote/error_codes.hpp"

#include "runtime/wire/error_code.hpp"

namespace troupe::remote {

// clang-format off
errc errc_of(std::int16_t code) noexcept {
  using wire::error_code;
  switch (static_cast<error_code>(code)) {
  case error_code::none: return errc::none;
  case error_code::offset_out_of_range: return errc::offset_out_of_range;
  case error_code::corrupt_message: return errc::checksum_mismatch;
  case error_code::unknown_topic_or_partition: return errc::unknown_topic_or_partition;
  case error_code::unknown_topic_id: case error_code::inconsistent_topic_id: return errc::unknown_topic_id;
  case error_code::leader_not_available: case error_code::not_leader_or_follower:
  case error_code::replica_not_available: case error_code::not_controller: return errc::not_leader;
  case error_code::request_timed_out: case error_code::network_exception:
  case error_code::not_enough_replicas_after_append: return errc::timed_out;
  case error_code::message_too_large: return errc::too_large;
  case error_code::record_list_too_large: return errc::batch_beyond_segment;
  case error_code::not_enough_replicas: return errc::not_enough_replicas;
  case error_code::invalid_required_acks: return errc::invalid_required_acks;
  case error_code::coordinator_load_in_progress:
  case error_code::coordinator_not_available: case error_code::not_coordinator: return errc::coordinator_not_available;
  case error_code::invalid_timestamp: return errc::invalid_timestamp;
  case error_code::invalid_record: return errc::invalid_record;
  case error_code::unsupported_version: return errc::unsupported_version;
  case error_code::unsupported_compression_type: return errc::unsupported_compression;
  case error_code::invalid_topic_exception: return errc::invalid_topic;
  case error_code::topic_already_exists: return errc::topic_already_exists;
  case error_code::invalid_partitions: return errc::invalid_partitions;
  case error_code::invalid_replication_factor: return errc::invalid_replication_factor;
  case error_code::invalid_replica_assignment: return errc::invalid_replica_assignment;
  case error_code::invalid_config: case error_code::policy_violation: return errc::invalid_config;
  case error_code::out_of_order_sequence_number: return errc::out_of_order_sequence;
  // Of an id that the node has forgotten, too, a batch has to come under another one.
  case error_code::invalid_producer_epoch: case error_code::producer_fenced:
  case error_code::unknown_producer_id: return errc::invalid_producer_epoch;
  case error_code::kafka_storage_error: return errc::io_error;
  case error_code::fenced_leader_epoch: return errc::fenced_leader_epoch;
  case error_code::unknown_leader_epoch: return errc::unknown_leader_epoch;
  case error_code::offset_not_available: return errc::offset_not_available;
  case error_code::throttling_quota_exceeded: return errc::busy;
  case error_code::topic_authorization_failed: case error_code::cluster_authorization_failed:
  case error_code::group_authorization_failed: return errc::permission_denied;
  default: return errc::invalid_request;
  }
}
// clang-format on

bool means_other_leader(errc code) noexcept {
  return code == errc::not_leader || code == errc::unknown_topic_or_partition
         || code == errc::unknown_topic_id || code == errc::fenced_leader_epoch
         || code == errc::unknown_leader_epoch;
}

} // namespace troupe::remote
