// What a handler was handed and has not answered, and how much more it may be handed. Pure.
#pragma once

#include "actors/client/record_batch.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace troupe::client {

/// A batch as it goes to the handler.
struct handout {
  std::uint64_t id = 0;
  record_batch records;
  bool again = false;
};

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
  /// False: there is no such batch, or it was answered before.
  bool answered(std::uint64_t id, std::int64_t now_ms);

  /// The batches of this lane are not to be handed out again.
  void forget(std::uint32_t lane);
  /// The handler has ended: what another one is to be handed, in the order of before.
  std::vector<handout> hand_again(std::int64_t now_ms);

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

  handout_rules rules_;
  std::map<std::uint64_t, entry> batches_; ///< by id, and so in the order in which they were handed out
  std::size_t unanswered_bytes_ = 0;
  std::uint64_t next_id_ = 1;
  std::int64_t answered_at_ms_ = 0;
  std::int64_t backoff_ms_ = 0;
};

} // namespace troupe::client
