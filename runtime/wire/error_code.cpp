#include "runtime/wire/error_code.hpp"

#include <array>
#include <cctype>
#include <string_view>

namespace troupe::wire {

namespace {

struct error_code_entry {
  std::int16_t number;
  std::string_view name;
  bool retriable;
};

constexpr std::array error_code_table{
#define TROUPE_ROW(number, name, retriable) error_code_entry{number, #name, retriable},
    TROUPE_KAFKA_ERRORS(TROUPE_ROW)
#undef TROUPE_ROW
};

constexpr std::int16_t lowest_error_code = error_code_table.front().number;

constexpr bool is_contiguous() {
  for (std::size_t i = 0; i < error_code_table.size(); ++i)
    if (error_code_table[i].number != lowest_error_code + static_cast<int>(i))
      return false;
  return true;
}

static_assert(is_contiguous(), "looked up by number");

const error_code_entry* find_error_code(error_code code) noexcept {
  auto index = static_cast<std::size_t>(number(code) - lowest_error_code);
  return index < error_code_table.size() ? &error_code_table[index] : nullptr;
}

} // namespace

std::string name(error_code code) {
  auto* entry = find_error_code(code);
  if (!entry)
    return "ERROR_" + std::to_string(number(code));
  std::string text{entry->name};
  for (auto& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool is_retriable(error_code code) noexcept {
  auto* entry = find_error_code(code);
  return entry && entry->retriable;
}

// clang-format off
error_code to_error_code(errc code) noexcept {
  switch (code) {
  case errc::none: return error_code::none;
  case errc::end_of_input: case errc::malformed:
  case errc::invalid_request: case errc::invalid_argument: return error_code::invalid_request;
  case errc::too_large: return error_code::message_too_large;
  case errc::checksum_mismatch: return error_code::corrupt_message;
  case errc::invalid_record: return error_code::invalid_record;
  case errc::invalid_timestamp: return error_code::invalid_timestamp;
  case errc::unsupported_compression: return error_code::unsupported_compression_type;
  case errc::unsupported_version: return error_code::unsupported_version;
  case errc::out_of_order_sequence: return error_code::out_of_order_sequence_number;
  case errc::invalid_producer_epoch: return error_code::invalid_producer_epoch;
  case errc::unknown_topic_or_partition: return error_code::unknown_topic_or_partition;
  case errc::unknown_topic_id: return error_code::unknown_topic_id;
  case errc::topic_already_exists: return error_code::topic_already_exists;
  case errc::invalid_topic: return error_code::invalid_topic_exception;
  case errc::invalid_partitions: return error_code::invalid_partitions;
  case errc::invalid_replication_factor: return error_code::invalid_replication_factor;
  case errc::invalid_replica_assignment: return error_code::invalid_replica_assignment;
  case errc::invalid_config: return error_code::invalid_config;
  case errc::unknown_broker: return error_code::broker_id_not_registered;
  case errc::offset_out_of_range: return error_code::offset_out_of_range;
  // Clients look for the leader again.
  case errc::not_leader: case errc::shutting_down: return error_code::not_leader_or_follower;
  case errc::fenced_leader_epoch: return error_code::fenced_leader_epoch;
  case errc::unknown_leader_epoch: return error_code::unknown_leader_epoch;
  case errc::offset_not_available: return error_code::offset_not_available;
  case errc::coordinator_not_available: return error_code::coordinator_not_available;
  case errc::not_enough_replicas: return error_code::not_enough_replicas;
  case errc::not_enough_replicas_after_append: return error_code::not_enough_replicas_after_append;
  case errc::batch_beyond_segment: return error_code::record_list_too_large;
  case errc::policy_violation: return error_code::policy_violation;
  case errc::invalid_required_acks: return error_code::invalid_required_acks;
  // Retriable: another replica may be sound, and the same one may recover.
  case errc::io_error: case errc::no_space:
  case errc::corrupt: case errc::wrong_format: return error_code::kafka_storage_error;
  case errc::busy: case errc::timed_out: return error_code::request_timed_out;
  case errc::stale_broker_epoch: return error_code::stale_broker_epoch;
  case errc::duplicate_broker: return error_code::duplicate_broker_registration;
  case errc::wrong_cluster: return error_code::inconsistent_cluster_id;
  case errc::ineligible_replica: return error_code::ineligible_replica;
  case errc::stale_partition_epoch: return error_code::invalid_update_version;
  case errc::preferred_leader_not_available: return error_code::preferred_leader_not_available;
  case errc::eligible_leaders_not_available: return error_code::eligible_leaders_not_available;
  case errc::election_not_needed: return error_code::election_not_needed;
  case errc::no_reassignment: return error_code::no_reassignment_in_progress;
  case errc::not_found: case errc::already_exists: case errc::permission_denied: case errc::in_use: break;
  }
  return error_code::unknown_server_error;
}
// clang-format on

} // namespace troupe::wire
