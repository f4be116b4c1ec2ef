#include "runtime/base/error.hpp"

#include <array>

namespace troupe {

namespace {

struct entry {
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array<entry, static_cast<std::size_t>(errc::last_code) + 1> error_table{{
    {"none", "no error"},
    {"end_of_input", "the bytes end before the value does"},
    {"malformed", "the bytes are not of the form that they should have"},
    {"too_large", "the value is larger than its limit"},
    {"checksum_mismatch", "the checksum does not match the bytes"},
    {"invalid_record", "the record batch breaks a rule of its format"},
    {"invalid_timestamp", "the timestamp lies outside of the topic's bounds"},
    {"unsupported_compression", "the compression is not supported here"},
    {"unsupported_version", "this version is not supported"},
    {"out_of_order_sequence", "the producer's sequence number does not follow the last one"},
    {"invalid_producer_epoch", "the producer has an old epoch"},
    {"unknown_topic_or_partition", "there is no such topic or partition here"},
    {"unknown_topic_id", "there is no topic with that id"},
    {"topic_already_exists", "a topic of that name exists already"},
    {"invalid_topic", "the topic name is not allowed"},
    {"invalid_partitions", "the number of partitions is not allowed"},
    {"invalid_replication_factor", "the replication factor is not possible with the brokers there are"},
    {"invalid_replica_assignment", "the replica assignment is not possible"},
    {"invalid_config", "the configuration is not valid"},
    {"unknown_broker", "there is no broker with that id"},
    {"invalid_request", "the request contradicts itself"},
    {"offset_out_of_range", "the offset lies outside of the log"},
    {"not_leader", "this node does not lead the partition"},
    {"fenced_leader_epoch", "the leader epoch asked for is older than the current one"},
    {"unknown_leader_epoch", "the leader epoch asked for is newer than the one known here"},
    {"offset_not_available", "the offset is not known yet"},
    {"coordinator_not_available", "no coordinator is available"},
    {"invalid_required_acks", "acks must be -1, 0 or 1"},
    {"not_enough_replicas", "too few replicas are in sync"},
    {"batch_beyond_segment", "the batch is larger than segment.bytes"},
    {"policy_violation", "the topic's configuration does not allow it"},
    {"io_error", "the disk reported an error"},
    {"no_space", "the disk is full"},
    {"not_found", "no such file or directory"},
    {"already_exists", "it exists already"},
    {"permission_denied", "permission denied"},
    {"in_use", "another process uses it"},
    {"wrong_format", "the data were written by another version"},
    {"corrupt", "the stored bytes are damaged"},
    {"invalid_argument", "the argument is not valid"},
    {"timed_out", "it took longer than its deadline"},
    {"busy", "too much is under way; try again"},
    {"shutting_down", "the node is shutting down"},
    {"stale_broker_epoch", "the broker has registered anew since"},
    {"duplicate_broker", "a live process has that node id already"},
    {"wrong_cluster", "the node belongs to another cluster"},
    {"ineligible_replica", "a replica that is fenced, shutting down or restarted cannot be in sync"},
    {"stale_partition_epoch", "the partition's state has changed since"},
    {"preferred_leader_not_available", "the preferred leader is not ready to lead"},
    {"eligible_leaders_not_available", "no replica that may lead is ready to"},
    {"election_not_needed", "the partition has the leader that was asked for"},
    {"no_reassignment", "no reassignment of the partition is under way"},
    {"not_enough_replicas_after_append", "the records were appended, and too few replicas are in sync"},
}};

static_assert(!error_table.back().sentence.empty(), "every errc needs its name and sentence");

} // namespace

std::string_view sentence(errc code) noexcept { return error_table[static_cast<std::size_t>(code)].sentence; }

std::string_view name(errc code) noexcept { return error_table[static_cast<std::size_t>(code)].name; }

std::string error::message() const {
  std::string text{sentence(code)};
  if (!detail.empty())
    text += ": " + detail;
  return text;
}

} // namespace troupe
