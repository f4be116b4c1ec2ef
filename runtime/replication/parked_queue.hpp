// Producers that wait for an offset, in the order of their appends: a queue that reuses its memory.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>
#include <vector>

namespace troupe::replication {

/// Chosen by the caller: names a produce or a fetch that waits.
using token = std::uint64_t;

struct parked_produce {
  offset end; // answered when what counts has reached this
  token who;
};

class parked_queue {
public:
  bool empty() const noexcept { return head_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - head_; }
  const parked_produce& front() const { return items_[head_]; }
  const parked_produce& back() const { return items_.back(); }

  void push(parked_produce p) {
    // Moving is paid for by the pops since the last time: the free front is at least as large as the rest.
    if (items_.size() == items_.capacity() && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    items_.push_back(p);
  }

  void pop() {
    if (++head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    }
  }

private:
  std::vector<parked_produce> items_;
  std::size_t head_ = 0;
};

} // namespace troupe::replication
