#include "actors/client/handout_ledger.hpp"

#include <algorithm>
#include <utility>

namespace troupe::client {

bool handout_ledger::has_credit(std::size_t size_bytes) const noexcept {
  return batches_.empty()
         || (batches_.size() < rules_.max_unanswered_batches
             && unanswered_bytes_ + size_bytes <= rules_.max_unanswered_bytes);
}

handout handout_ledger::hand(std::uint32_t lane, record_batch records, std::int64_t now_ms) {
  auto id = next_id_++;
  unanswered_bytes_ += records.size_bytes();
  latest_[lane].batch = id;
  batches_.emplace(id, entry{lane, records, now_ms});
  return {id, std::move(records), false};
}

void handout_ledger::tell(std::uint32_t lane, partition_notice notice) {
  auto& latest = latest_[lane];
  auto& same = latest.notice[static_cast<std::size_t>(notice.what)];
  // Without records between them one notice of a kind is enough: so there are never many more than batches and lanes.
  if (auto before = notices_.find(same); before != notices_.end() && same > latest.batch) {
    if (notice.what == partition_notice::kind::gap)
      notice.from = before->second.notice.from;
    notices_.erase(before);
  }
  same = next_id_++;
  notices_.emplace(same, told{lane, std::move(notice)});
}

bool handout_ledger::answered(std::uint64_t id, std::int64_t now_ms) {
  auto found = batches_.find(id);
  if (found == batches_.end())
    return false;
  unanswered_bytes_ -= found->second.records.size_bytes();
  batches_.erase(found);
  notices_.erase(notices_.begin(), notices_.lower_bound(id)); // read before
  answered_at_ms_ = now_ms;
  backoff_ms_ = 0;
  return true;
}

void handout_ledger::forget(std::uint32_t lane) {
  for (auto& [id, batch] : batches_)
    batch.is_forgotten = batch.is_forgotten || batch.lane == lane;
  latest_[lane].forgotten = next_id_ - 1;
}

std::vector<delivery_item> handout_ledger::hand_again(std::int64_t now_ms) {
  std::vector<delivery_item> again;
  std::erase_if(notices_, [this](auto& one) { return one.first <= latest_[one.second.lane].forgotten; });
  auto notice = notices_.begin();
  for (auto batch = batches_.begin(); batch != batches_.end();) {
    auto& [id, entry] = *batch;
    if (entry.is_forgotten) {
      unanswered_bytes_ -= entry.records.size_bytes();
      batch = batches_.erase(batch);
      continue;
    }
    for (; notice != notices_.end() && notice->first < id; ++notice)
      again.emplace_back(notice->second.notice);
    entry.handed_at_ms = now_ms;
    again.emplace_back(handout{id, entry.records, true});
    ++batch;
  }
  for (; notice != notices_.end(); ++notice)
    again.emplace_back(notice->second.notice);
  return again;
}

std::optional<std::int64_t> handout_ledger::overdue_at_ms() const noexcept {
  if (batches_.empty())
    return std::nullopt;
  return std::max(batches_.begin()->second.handed_at_ms, answered_at_ms_) + rules_.patience_ms;
}

std::int64_t handout_ledger::next_backoff_ms() noexcept {
  backoff_ms_ = backoff_ms_ == 0 ? rules_.backoff_first_ms : std::min(backoff_ms_ * 2, rules_.backoff_max_ms);
  return backoff_ms_;
}

std::optional<offset> handout_ledger::first_unanswered(std::uint32_t lane) const {
  for (auto& [id, batch] : batches_)
    if (batch.lane == lane && !batch.is_forgotten)
      return batch.records.first_offset();
  return std::nullopt;
}

} // namespace troupe::client
