// Which batch of one partition is sent next, and what an answer means for it: order, sequence numbers,
// retries. Pure: time comes in as a number, what is to be sent comes out.
//
// The batches form a queue. At most `in_flight_max` of its first ones are under way. A batch that fails in a
// passing way waits for the others to come back, and then everything is sent again from there, in the old
// order and with the old sequence numbers, so that a node that has a batch already answers with its offset
// and does not append it twice (KIP-98). When a batch is given up, the sequence numbers behind it are of no
// use: batches that may have been stored are asked for under the old producer id first, the others get a new
// one.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace troupe::command {

struct producer_identity {
  producer_id id = no_producer_id;
  producer_epoch epoch{-1};
};

/// A batch of consecutive records. What the caller calls them is up to him: the first one's number comes
/// back.
struct outgoing_batch {
  std::uint64_t first_record = 0;
  std::int32_t record_count = 0;
  bytes data;
  std::int64_t deadline_ms = 0;
};

/// What became of a batch, or of a part of it.
struct delivery_outcome {
  std::uint64_t first_record = 0;
  std::int32_t record_count = 0;
  /// Kafka's code; 0 is success.
  std::int16_t error_code = 0;
  std::int64_t base_offset = -1;
  /// It was given up because its time was over.
  bool timed_out = false;
  /// Of a failure: the node may have it nevertheless.
  bool maybe_stored = false;
  std::string said; // by the node
};

struct delivery_options {
  bool is_idempotent = true;
  std::size_t in_flight_max = 5;
  std::int64_t backoff_first_ms = 50;
  std::int64_t backoff_max_ms = 1000;
};

class partition_delivery {
public:
  /// What is to be sent now. The number is for the answer.
  struct order {
    std::uint64_t number;
    bytes data;
  };

  explicit partition_delivery(delivery_options options) : options_(options) {}

  void add(outgoing_batch batch);

  /// The next batch to send, which counts as under way from then on.
  std::optional<order> next(std::int64_t now_ms);
  /// When `next` may have something again after a failure; 0 if there is nothing to wait for.
  std::int64_t retry_at_ms() const noexcept { return retry_at_ms_; }

  void succeeded(std::uint64_t number, std::int64_t base_offset);
  void failed(std::uint64_t number, std::int16_t error_code, const std::string& said, std::int64_t now_ms);
  /// The connection is gone: nobody knows what became of the batches that were under way.
  void lost(std::int64_t now_ms);
  /// Gives up what has waited beyond its deadline.
  void expire(std::int64_t now_ms);

  /// True if nothing can be sent before there is a (new) producer id.
  bool needs_identity() const noexcept;
  bool has_identity() const noexcept { return identity_.id != no_producer_id; }
  void set_identity(producer_identity identity);

  std::vector<delivery_outcome> take_outcomes();
  bool empty() const noexcept { return queue_.empty(); }
  std::size_t queued_bytes() const noexcept { return queued_bytes_; }
  std::size_t queued_batches() const noexcept { return queue_.size(); }
  std::size_t in_flight() const noexcept { return in_flight_; }

private:
  struct entry {
    outgoing_batch batch;
    std::uint64_t number = 0; // of the latest sending; 0 before the first
    std::int32_t sequence = -1;
    bool in_flight = false;
    bool maybe_stored = false;
  };

  using position = std::deque<entry>::iterator;

  position find(std::uint64_t number);
  position candidate();
  void stamp(entry& to);
  void back_off(std::int64_t now_ms);
  void give_up(position which, std::int16_t error_code, std::string said, bool timed_out);
  bool out_of_order(position which);
  bool split(position which);

  delivery_options options_;
  producer_identity identity_;
  std::deque<entry> queue_;
  std::vector<delivery_outcome> outcomes_;
  std::size_t in_flight_ = 0;
  std::size_t queued_bytes_ = 0;
  std::uint64_t next_number_ = 1;
  std::int32_t next_sequence_ = 0;
  /// Under the present identity a sequence number is missing for good.
  bool is_broken_ = false;
  /// The node knows the present identity. Before, it would take any first sequence number, so that only one
  /// batch may be under way: a second one could pass the first.
  bool is_known_ = false;
  std::int64_t retry_at_ms_ = 0;
  std::int64_t backoff_ms_ = 0;
};

} // namespace troupe::command
