// What a handler was handed and has not answered, and how much more it may be handed. Pure.
//
// Notices have no answers: that one was read is known from the answer to a later batch. Until then it is kept, so that a
// handler that follows one that died is told as well.
#pragma once

#include "actors/client/record_batch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

namespace troupe::client {

/// A batch as it goes to the handler.
struct handout {
  std::uint64_t id = 0;
  record_batch records;
  bool again = false;
};

/// In the order in which it goes to the handler.
using delivery_item = std::variant<handout, partition_notice>;

struct handout_rules {
  std::size_t max_unanswered_batches = 8;
  std::size_t max_unanswered_bytes = 0;
  std::int64_t patience_ms = 300'000; ///< without any answer
  std::int64_t backoff_first_ms = 10;
  std::int64_t backoff_max_ms = 10'000;
};

class handout_ledger {
public:
  explicit handout_ledger(const handout_rules& rules) : rules_(rules) {}

  /// Whether a batch of this size may be handed out now.
  bool has_credit(std::size_t size_bytes) const noexcept;
  handout hand(std::uint32_t lane, record_batch records, std::int64_t now_ms);
  /// The handler is told this, behind all that it was handed before.
  void tell(std::uint32_t lane, partition_notice notice);
  /// False: there is no such batch, or it was answered before.
  bool answered(std::uint64_t id, std::int64_t now_ms);

  /// Nothing of this lane is to be handed out again.
  void forget(std::uint32_t lane);
  /// The handler has ended: what another one is to be handed, in the order of before.
  std::vector<delivery_item> hand_again(std::int64_t now_ms);

  /// When the handler counts as dead; nothing if it has nothing to answer.
  std::optional<std::int64_t> overdue_at_ms() const noexcept;
  /// Before the next handler is started.
  std::int64_t next_backoff_ms() noexcept;

  std::size_t unanswered() const noexcept { return batches_.size(); }
  /// The first offset of the lane that was handed out and not answered.
  std::optional<offset> first_unanswered(std::uint32_t lane) const;

private:
  struct entry {
    std::uint32_t lane;
    record_batch records;
    std::int64_t handed_at_ms;
    bool is_forgotten = false;
  };
  struct told {
    std::uint32_t lane;
    partition_notice notice;
  };
  /// The latest ids of one lane; 0: none.
  struct lane_ids {
    std::uint64_t batch = 0;
    std::array<std::uint64_t, 4> notice{}; ///< by kind
    std::uint64_t forgotten = 0;           ///< notices up to here
  };

  handout_rules rules_;
  std::map<std::uint64_t, entry> batches_; ///< by id, and so in the order in which they were handed out
  std::map<std::uint64_t, told> notices_;   ///< by id, too, from the same numbers
  std::map<std::uint32_t, lane_ids> latest_;
  std::size_t unanswered_bytes_ = 0;
  std::uint64_t next_id_ = 1;
  std::int64_t answered_at_ms_ = 0;
  std::int64_t backoff_ms_ = 0;
};

} // namespace troupe::client
