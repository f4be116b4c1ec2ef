// Sends batches to the partitions of one topic and tells what became of each: the sockets around the native producer's
// client::delivery_queue. Survives that a node goes away and comes back, as long as the batches' deadlines allow.
#pragma once

#include "actors/client/delivery_queue.hpp"
#include "actors/node/command/kafka_client.hpp"
#include "runtime/wire/produce.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace troupe::command {

struct producer_options {
  std::string topic;
  /// -1: all in-sync replicas; 1: the leader; 0: nobody, and no answer either.
  std::int16_t acks = -1;
  bool is_idempotent = true;
  bool make_topic_if_missing = true;
  /// From the moment that a batch is added.
  std::int64_t delivery_timeout_ms = 120'000;
  /// How long the node may take for one request.
  std::int64_t request_timeout_ms = 30'000;
  std::size_t request_max_bytes = 8 * limits::mib;
  std::size_t requests_in_flight_max = 5;
};

/// What became of a batch, or of a part of it.
struct delivery_outcome {
  std::uint64_t first_record = 0; ///< as the caller numbered it
  std::uint32_t record_count = 0;
  std::int64_t base_offset = -1;
  error what{};                ///< errc::none: written; errc::timed_out: it was given up because its time was over
  bool may_be_written = false; ///< of a failure: the node may have it nevertheless
  std::vector<client::record_refusal> refused{}; ///< the records that are to blame, where the node says so
};

class producer {
public:
  producer(kafka_client& client, producer_options options) : client_(client), options_(std::move(options)) {}

  /// Learns about the topic. Errors as kafka_client::topic.
  result<void> open();
  std::int32_t partition_count() const noexcept { return static_cast<std::int32_t>(partitions_.size()); }

  void add(partition_id to, std::uint64_t first_record, std::uint32_t record_count, bytes batch);

  /// Sends and receives; waits up to `wait_us` for something to happen, or for `also` to be readable (-1:
  /// nothing). An error is final: whatever is still queued will not be delivered.
  result<void> step(std::int64_t wait_us, int also = -1);

  std::vector<std::pair<partition_id, delivery_outcome>> take_outcomes();
  bool idle() const noexcept;
  /// Of the batches whose outcome has not been taken.
  std::size_t queued_bytes() const noexcept { return queued_bytes_; }
  std::size_t queued_batches(partition_id of) const noexcept;
  std::uint64_t reconnects() const noexcept { return reconnects_; }

private:
  struct partition_state {
    client::delivery_queue delivery;
    std::int32_t leader = -1;
  };
  struct sent_batch {
    std::int32_t partition;
    std::uint64_t number;
  };
  struct sent_request {
    std::vector<sent_batch> batches;
    std::int64_t deadline_ms;
  };
  using request_map = std::map<std::int32_t, sent_request>; // by correlation id

  result<void> give_identities();
  void refresh_leaders();
  void send_to_leaders(std::int64_t now_ms);
  bool send_request(std::int32_t leader, std::int64_t now_ms);
  void without_answer(const sent_request& request, std::int64_t now_ms);
  void exchange(std::int32_t node, std::int64_t now_ms);
  void take_answer(std::int32_t node, const kafka_answer& answer, std::int64_t now_ms);
  void take_result(const wire::produce_response::partition_produce_response& from, const sent_batch& batch,
                   std::int64_t now_ms);
  void lose(std::int32_t node, std::int64_t now_ms);
  std::int64_t patience_us(std::int64_t now_ms) const noexcept;
  void wait(std::int64_t wait_us, int also);

  kafka_client& client_;
  producer_options options_;
  std::vector<partition_state> partitions_;
  std::size_t queued_bytes_ = 0;
  std::map<std::int32_t, request_map> requests_; // by node
  std::size_t first_partition_ = 0;              // of the next request, so that all get their turn
  bool is_stale_ = false;                        // the leaders are to be asked for again
  std::int64_t refresh_at_ms_ = 0;
  std::uint64_t reconnects_ = 0;
};

} // namespace troupe::command
