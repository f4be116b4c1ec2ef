#include "runtime/storage/journal_ledger.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace troupe::storage {

void journal_ledger::open_file(journal_file_number number) {
  CHECK(files_.empty() || number > files_.back().number, "files are written in the order of their numbers");
  files_.push_back({number, {}, 0});
}

std::size_t journal_ledger::slot_of(const topic_partition& tp) {
  auto next = unused_slots_.empty() ? partitions_.size() : unused_slots_.back();
  auto [at, is_new] = slots_.try_emplace(tp, next);
  if (!is_new)
    return at->second;
  if (unused_slots_.empty())
    partitions_.emplace_back();
  else
    unused_slots_.pop_back();
  partitions_[next] = {tp, offset{0}, offset{0}};
  return next;
}

void journal_ledger::note(const topic_partition& tp, offset base, offset end) {
  CHECK(!files_.empty() && base.value() >= 0 && end > base, "an entry is in a file and holds a record");
  auto slot = slot_of(tp);
  auto& about = partitions_[slot];
  if (base < about.end || base < about.flushed)
    truncate(slot, base);
  about.end = end;
  auto& newest = files_.back();
  if (slot >= newest.ends.size())
    newest.ends.resize(partitions_.size());
  if (newest.ends[slot].value() == 0)
    ++newest.holders;
  newest.ends[slot] = end;
}

/// What lies at or above `end` is void; what was flushed of the rest counts.
void journal_ledger::truncate(std::size_t slot, offset end) {
  auto& about = partitions_[slot];
  about.end = std::min(about.end, end);
  about.flushed = std::min(about.flushed, end);
  for (auto& f : files_) {
    if (slot >= f.ends.size() || f.ends[slot].value() == 0)
      continue;
    f.ends[slot] = std::min(f.ends[slot], end);
    if (f.ends[slot].value() == 0)
      --f.holders;
  }
  settle(slot);
}

void journal_ledger::settle(std::size_t slot) {
  for (auto& f : files_) {
    if (slot >= f.ends.size() || f.ends[slot].value() == 0 || f.ends[slot] > partitions_[slot].flushed)
      continue;
    f.ends[slot] = offset{0};
    --f.holders;
  }
}

void journal_ledger::checkpointed(const topic_partition& tp, offset end) {
  auto found = slots_.find(tp);
  if (found == slots_.end() || end <= partitions_[found->second].flushed)
    return;
  partitions_[found->second].flushed = end;
  settle(found->second);
}

void journal_ledger::truncated(const topic_partition& tp, offset end) {
  if (auto found = slots_.find(tp); found != slots_.end())
    truncate(found->second, end);
}

void journal_ledger::forget(const topic_partition& tp) {
  auto found = slots_.find(tp);
  if (found == slots_.end())
    return;
  truncate(found->second, offset{0});
  unused_slots_.push_back(found->second);
  slots_.erase(found);
}

std::vector<journal_file_number> journal_ledger::releasable() const {
  std::vector<journal_file_number> numbers;
  for (auto& f : files_) {
    if (f.holders > 0 || f.number == files_.back().number)
      break;
    numbers.push_back(f.number);
  }
  return numbers;
}

void journal_ledger::release_oldest() {
  CHECK(files_.size() > 1 && files_.front().holders == 0, "only a file that nobody needs is released");
  files_.pop_front();
}

std::vector<topic_partition> journal_ledger::partitions_holding(std::size_t spared) const {
  std::vector<topic_partition> names;
  std::vector<bool> named(partitions_.size());
  for (std::size_t i = 0; i + spared < files_.size(); ++i)
    for (std::size_t slot = 0; slot < files_[i].ends.size(); ++slot)
      if (files_[i].ends[slot].value() != 0 && !named[slot]) {
        named[slot] = true;
        names.push_back(partitions_[slot].name);
      }
  return names;
}

std::vector<topic_partition> journal_ledger::partitions_holding_oldest() const {
  return files_.empty() ? std::vector<topic_partition>{} : partitions_holding(files_.size() - 1);
}

journal_file_number journal_ledger::oldest() const noexcept {
  CHECK(!files_.empty(), "there is a file");
  return files_.front().number;
}

journal_file_number journal_ledger::newest() const noexcept {
  CHECK(!files_.empty(), "there is a file");
  return files_.back().number;
}

} // namespace troupe::storage
