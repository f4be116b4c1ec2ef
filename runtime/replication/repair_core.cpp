#include "runtime/replication/repair_core.hpp"

#include <algorithm>
#include <utility>

namespace troupe::replication {

repair_core::question repair_core::found(const lost_range& what, std::vector<node_id> whom, std::int64_t now_ms) {
  if (state_ != state::idle || now_ms < rests_until_ms_)
    return std::nullopt;
  range_ = what;
  whom_ = std::move(whom);
  std::reverse(whom_.begin(), whom_.end());
  return ask_next(now_ms);
}

repair_core::question repair_core::ask_next(std::int64_t now_ms) {
  if (whom_.empty()) {
    rest(now_ms);
    return std::nullopt;
  }
  state_ = state::asking;
  asked_ = whom_.back();
  whom_.pop_back();
  return repair_question{asked_, ++round_};
}

void repair_core::rest(std::int64_t now_ms) {
  state_ = state::idle;
  rests_until_ms_ = now_ms + pause_ms;
}

bool repair_core::expects(node_id from, std::uint64_t round) const {
  return state_ == state::asking && from == asked_ && round == round_;
}

repair_core::question repair_core::refused(std::int64_t now_ms) { return ask_next(now_ms); }

repair_core::question repair_core::late(std::uint64_t round, std::int64_t now_ms) {
  if (state_ != state::asking || round != round_)
    return std::nullopt;
  return ask_next(now_ms);
}

std::optional<std::uint64_t> repair_core::place(std::span<const batch_extent> batches, std::uint64_t size_bytes,
                                                const std::function<leader_epoch(offset)>& epoch_at) const {
  if (batches.empty() || size_bytes > range_.size_bytes)
    return std::nullopt;
  auto expected = batches.front().base;
  for (auto& batch : batches) {
    auto known = epoch_at(batch.base);
    if (batch.base != expected || batch.last < batch.base || batch.epoch != known || known == no_leader_epoch)
      return std::nullopt;
    expected = batch.last + 1;
  }
  auto is_first = batches.front().base == range_.from;
  auto is_last = expected == range_.end;
  auto is_whole = size_bytes == range_.size_bytes;
  if (expected > range_.end || (!is_first && !is_last) || is_whole != (is_first && is_last))
    return std::nullopt;
  return is_first ? 0 : range_.size_bytes - size_bytes;
}

void repair_core::patched(std::uint64_t round, bool done, std::int64_t now_ms) {
  if (state_ != state::patching || round != round_)
    return;
  state_ = state::idle;
  if (!done)
    rest(now_ms);
}

} // namespace troupe::replication
