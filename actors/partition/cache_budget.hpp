// The memory that all partitions of a node together use for flushed batches. When it is used up, whoever was not used
// for longest gives back first: a partition that is written and read now keeps its tail though an idle one came earlier.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <caf/actor_addr.hpp>

namespace troupe {

class cache_budget {
public:
  /// What one partition uses of it; only the budget and its owner touch it.
  struct share {
    caf::actor_addr owner; ///< weak: the budget keeps nobody alive
    std::atomic<std::int64_t> held_bytes{0};
    std::atomic<std::int64_t> used_at_ns{0};
  };
  using share_ptr = std::shared_ptr<share>;
  /// Who is to give back how much.
  struct demand {
    caf::actor_addr from;
    std::int64_t size_bytes = 0;
  };

  explicit cache_budget(std::int64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  share_ptr join(caf::actor_addr owner);
  void leave(const share_ptr& leaving);

  /// The owner now holds so much. If all together hold too much, who is to give back, at most once for every demand.
  std::vector<demand> hold(share& mine, std::int64_t held_bytes);

  std::int64_t used_bytes() const noexcept { return used_bytes_.load(std::memory_order_relaxed); }
  std::int64_t limit_bytes() const noexcept { return limit_bytes_; }

private:
  std::int64_t set(share& mine, std::int64_t held_bytes);

  const std::int64_t limit_bytes_;
  std::atomic<std::int64_t> used_bytes_{0};
  std::mutex mutex_; ///< of shares_
  std::vector<share_ptr> shares_;
};

} // namespace troupe
