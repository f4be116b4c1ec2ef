// Fetches the partitions of one topic from their leaders, one request to each under way all the time.
// Survives that a node goes away and comes back, and then goes on where it was.
#pragma once

#include "actors/node/command/kafka_client.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/wire/fetch.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::command {

struct consumer_options {
  std::string topic;
  std::int32_t max_wait_ms = 500;
  std::int32_t min_bytes = 1;
  std::int32_t max_bytes = 50 * limits::mib;
  std::int32_t partition_max_bytes = 8 * limits::mib;
  /// Without any answer from any node for so long, it gives up.
  std::int64_t give_up_ms = 120'000;
};

/// Whole batches of one partition. Records before `first` are not wanted: a batch comes whole.
struct fetched_batches {
  partition_id partition;
  offset first;
  bytes data;
};

class consumer {
public:
  consumer(kafka_client& client, consumer_options options) : client_(client), options_(std::move(options)) {}

  /// Only these partitions, from these offsets.
  void open(const topic_info& topic, const std::map<partition_id, offset>& from);

  /// Waits up to `wait_ms` for answers; the next requests are under way when this returns.
  /// offset_out_of_range, corrupt and timed_out are final.
  result<std::vector<fetched_batches>> step(std::int64_t wait_ms);

  /// Where the next record is expected.
  offset position(partition_id of) const { return partitions_.at(of).position; }
  /// No more of this partition.
  void stop(partition_id which) { partitions_.erase(which); }
  bool has_partitions() const noexcept { return !partitions_.empty(); }
  /// Sentences about what was skipped, for standard error.
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

private:
  struct partition_state {
    offset position;
    std::int32_t leader = -1;
  };
  using partition_data = wire::fetch_response::partition_data;

  void send_to_leaders();
  bool send_request(std::int32_t leader, kafka_connection& connection);
  result<void> exchange_all(std::vector<fetched_batches>& to);
  result<void> exchange(std::int32_t node, std::vector<fetched_batches>& to);
  result<void> take_answer(const kafka_answer& answer, std::vector<fetched_batches>& to);
  result<void> take_records(partition_id which, partition_state& state, const partition_data& from,
                            std::vector<fetched_batches>& to);
  result<void> take_error(partition_id which, partition_state& state, const partition_data& from);
  result<void> out_of_range(partition_id which, partition_state& state);
  void lose(std::int32_t node);
  void refresh_leaders();

  kafka_client& client_;
  consumer_options options_;
  std::map<partition_id, partition_state> partitions_;
  std::map<std::int32_t, std::int64_t> under_way_; // by node: when the answer is overdue
  std::vector<std::string> warnings_;
  bool is_stale_ = false;
  std::int64_t heard_at_ms_ = 0;
  std::int64_t refresh_at_ms_ = 0;
};

} // namespace troupe::command
