#include "runtime/storage/log_tail.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace troupe::storage {

void log_tail::append(tail_batch batch) {
  unflushed_bytes_ += batch.data.size();
  batches_.push_back(std::move(batch));
}

std::size_t log_tail::find(offset o) const noexcept {
  auto begin = batches_.begin() + static_cast<std::ptrdiff_t>(first_);
  auto found = std::partition_point(begin, batches_.end(), [&](const tail_batch& b) { return b.facts.last < o; });
  return static_cast<std::size_t>(found - begin);
}

void log_tail::mark_flushed(offset end) noexcept {
  while (flushed_ < size() && (*this)[flushed_].facts.last < end) {
    auto bytes = (*this)[flushed_].data.size();
    unflushed_bytes_ -= bytes;
    cached_bytes_ += bytes;
    ++flushed_;
  }
}

std::uint64_t log_tail::evict(std::uint64_t bytes) {
  auto before = cached_bytes_;
  while (flushed_ > 0 && before - cached_bytes_ < bytes)
    pop_front();
  return before - cached_bytes_;
}

void log_tail::drop_below(offset start) {
  while (flushed_ > 0 && (*this)[0].facts.last < start)
    pop_front();
}

void log_tail::drop_behind(offset end) {
  while (!empty() && batches_.back().facts.end() > end) {
    auto is_flushed = flushed_ == size();
    (is_flushed ? cached_bytes_ : unflushed_bytes_) -= batches_.back().data.size();
    flushed_ -= is_flushed ? 1 : 0;
    batches_.pop_back();
  }
  if (empty()) {
    batches_ = {};
    first_ = 0;
    begin_ = std::min(begin_, end);
  }
}

void log_tail::pop_front() {
  auto& front = batches_[first_];
  CHECK(flushed_ > 0 && cached_bytes_ >= front.data.size(), "only flushed batches leave the memory");
  cached_bytes_ -= front.data.size();
  begin_ = front.facts.end();
  front.data = bytes{};
  ++first_;
  --flushed_;
  if (first_ == batches_.size()) {
    batches_ = {};
    first_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= batches_.size()) {
    batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(first_));
    if (batches_.capacity() > 4 * batches_.size())
      batches_.shrink_to_fit();
    first_ = 0;
  }
}

} // namespace troupe::storage
