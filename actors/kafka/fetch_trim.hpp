// How much of what partitions returned goes into one Fetch response.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/cursor.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace troupe::kafka {

/// The limits of Fetch are soft for the first batch of the first partition that has one, so that a reader always gets
/// on; everything else is cut to whole batches within them.
class response_budget {
public:
  explicit response_budget(std::size_t max_bytes) : left_(max_bytes) {}

  /// The front part of `batches` (whole batches in each element) that may be sent, `max_bytes` at the most.
  std::vector<bytes> take(std::vector<bytes> batches, std::size_t max_bytes) {
    auto room = std::min(left_, max_bytes);
    std::vector<bytes> taken;
    for (auto& slice : batches) {
      auto size = slice.size() <= room ? slice.size() : whole_batches(slice, room);
      if (size == 0)
        break;
      auto all = size == slice.size();
      taken.push_back(all ? std::move(slice) : slice.slice(0, size));
      room -= std::min(room, size);
      left_ -= std::min(left_, size);
      first_ = false;
      if (!all)
        break;
    }
    return taken;
  }

private:
  std::size_t whole_batches(const bytes& slice, std::size_t room) const {
    constexpr std::size_t length_at = 8;
    constexpr std::size_t length_counts_from = 12;
    std::size_t end = 0;
    while (slice.size() - end >= length_counts_from) {
      auto next = end + length_counts_from
                  + static_cast<std::size_t>(load_be<std::int32_t>(slice.data() + end + length_at));
      if (next > slice.size() || (next > room && !(first_ && end == 0)))
        break;
      end = next;
    }
    return end;
  }

  std::size_t left_;
  bool first_ = true; ///< nothing has been taken for this response
};

} // namespace troupe::kafka
