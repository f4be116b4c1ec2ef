// Which batch of one partition is sent next, and what an answer means for it: order, sequence numbers, sending again.
// Pure: time comes in as a number, what is to be sent comes out.
//
// The batches form a queue, and at most `in_flight_max` of its first ones are under way. A batch that fails in a passing
// way waits until the others have come back; then everything from there on is sent again, in the old order and with the
// old sequence numbers, so that a partition that has a batch already answers with its offset and does not append it twice
// (KIP-98). When a batch is given up, the sequence numbers behind it are of no use: batches that may have been written
// are asked for under the old producer id first, then the others get a new one.
#pragma once

#include "actors/client/outgoing_batch.hpp"
#include "runtime/record/batch_format.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace troupe::client {

struct delivery_rules {
  bool is_idempotent = true;
  /// Nothing is sent again, and nothing is known of a batch that has been handed over.
  bool is_unacknowledged = false;
  std::size_t in_flight_max = 5;
  std::int64_t request_timeout_ms = 30'000;
  std::int64_t backoff_first_ms = 100;
  std::int64_t backoff_max_ms = 1000;
};

class delivery_queue {
public:
  /// What is to be sent now. The number is for the answer; it is never 0.
  struct order {
    std::uint64_t number;
    bytes data; ///< for the partition alone
  };

  /// What became of one sending, as the partition says.
  struct answer {
    std::uint64_t number = 0;
    error what;
    offset base = no_offset;
    timestamp_ms append_time = no_timestamp; ///< only if the topic stamps records itself
    std::vector<record_refusal> refused;
  };

  explicit delivery_queue(const delivery_rules& rules) : rules_(rules) {}

  /// What the next batch that is added should carry; nothing is promised for longer than until then.
  batch_identity next_identity(std::uint32_t record_count) noexcept;
  void add(outgoing_batch batch);

  /// The next batch to send, which is under way from then on.
  std::optional<order> next(std::int64_t now_ms);
  /// True if a batch that is added now would be sent at once.
  bool has_room(std::int64_t now_ms) const noexcept;

  void answered(answer what, std::int64_t now_ms);
  /// Whoever had the batches under way is gone, and with him what became of them. They can be sent to another one now.
  void lost();
  /// Nothing is sent for a while, longer each time until something is written; not longer where too few replicas are in sync.
  void back_off(std::int64_t now_ms, errc why = errc::none);
  /// It is another partition, which has nothing of all this and knows no producer.
  void restart();
  /// Gives up what is beyond its deadline, and asks again for what was not answered for too long.
  void expire(std::int64_t now_ms);
  void give_up_all(const error& why);

  /// True if nothing can be sent before there is a (new) producer id.
  bool needs_identity() const noexcept;
  bool has_identity() const noexcept { return id_ != no_producer_id; }
  std::size_t in_flight() const noexcept { return in_flight_; }
  void set_identity(producer_id id, producer_epoch epoch);

  /// When something is to be done without an answer from outside; nothing if never.
  std::optional<std::int64_t> due_at_ms() const noexcept;

  std::vector<batch_outcome> take_outcomes() { return std::exchange(outcomes_, {}); }
  bool has_outcomes() const noexcept { return !outcomes_.empty(); }
  bool empty() const noexcept { return queue_.empty(); }
  std::size_t size() const noexcept { return queue_.size(); }

private:
  struct entry {
    outgoing_batch batch;
    std::uint64_t number = 0; ///< of the latest sending; 0 before the first
    std::uint64_t place = 0;  ///< counts the batches
    bool in_flight = false;
    bool may_be_written = false;
    bool has_sequence = false;
    bool came_too_early = false; ///< refused because of one before it
    std::int64_t sent_at_ms = 0;
    /// As it was before it was sent: the partition writes into the batch's header.
    std::array<char, limits::batch_header_size_bytes> header{};
  };

  using position = std::deque<entry>::iterator;

  bool backs_off(std::int64_t now_ms) const noexcept { return retry_at_ms_ && now_ms < *retry_at_ms_; }
  position find(std::uint64_t number);
  position candidate();
  bool is_in_window(std::uint64_t place) const noexcept;
  void stamp(entry& to);
  bytes ready_to_send(entry& from);
  void written(position which, const answer& what);
  void failed(position which, answer& what, std::int64_t now_ms);
  bool refused_for_another(position which);
  bool split(position which);
  void finish(position which, error what, bool may_be_written, std::vector<record_refusal> refused = {});

  delivery_rules rules_;
  producer_id id_ = no_producer_id;
  producer_epoch epoch_{-1};
  std::deque<entry> queue_;
  std::vector<batch_outcome> outcomes_;
  std::size_t in_flight_ = 0;
  std::uint64_t next_number_ = 1;
  std::uint64_t next_place_ = 0;
  std::int32_t next_sequence_ = 0;
  /// Under the present id a sequence number is missing for good.
  bool is_broken_ = false;
  /// The partition knows the present id. Before, it would take any first sequence number, so that only one batch may be
  /// under way: a second one could pass the first.
  bool is_known_ = false;
  std::optional<std::int64_t> retry_at_ms_; ///< nothing: nothing failed
  std::int64_t backoff_ms_ = 0;
};

} // namespace troupe::client
