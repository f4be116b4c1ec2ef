// Until when this node may take for granted that what it leads has no other leader. While the controller hears a broker it
// gives no leadership of it to others without its knowledge; a node that was paused, or cut off, may lead on for a moment
// without knowing that it does not. Nothing that is acknowledged depends on this, as time proves nothing between nodes; it
// only keeps such a leader from telling a producer for good that its batch is wrong, where its log is just too old.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace troupe {

/// One for the node; written by its broker_registration, read by its partitions, from any thread. Times are of the
/// monotonic clock.
class broker_lease {
public:
  bool holds(std::int64_t now_ns) const noexcept { return now_ns < until_ns_.load(std::memory_order_acquire); }
  /// The controller has taken a sign of life of this time, and takes the broker for alive.
  void extend(std::int64_t until_ns) noexcept {
    if (until_ns > until_ns_.load(std::memory_order_relaxed))
      until_ns_.store(until_ns, std::memory_order_release);
  }
  /// The controller takes the broker for dead.
  void end() noexcept { until_ns_.store(0, std::memory_order_release); }

private:
  std::atomic<std::int64_t> until_ns_{0};
};

using broker_lease_ptr = std::shared_ptr<broker_lease>;

} // namespace troupe
