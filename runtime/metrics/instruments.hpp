// What is counted, where it happens: plain values that cost one relaxed atomic operation, never a lock, an allocation or
// a string. They know no name; whoever owns them names them in a collector (registry.hpp). Safe from any thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::metrics {

/// Only grows.
class counter {
public:
  void add(std::uint64_t amount = 1) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  /// For a counter that one thread at a time adds to: cheaper, no bus lock.
  void add_alone(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down.
class gauge {
public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> value_{0};
};

/// What a histogram held at one moment. Buckets are not cumulative; the last one is for all above the last bound.
struct histogram_values {
  std::span<const std::int64_t> bounds; ///< inclusive, ascending, in the unit that was observed
  double unit = 1;                      ///< what one of that unit is in the exported unit: 1e-9 for ns as seconds
  std::vector<std::uint64_t> counts;    ///< one more than bounds
  std::int64_t sum = 0;

  std::uint64_t total() const noexcept {
    std::uint64_t all = 0;
    for (auto count : counts)
      all += count;
    return all;
  }
};

/// Ten microseconds to ten seconds, six steps a decade: a quantile read from it is off by a quarter at the most.
inline constexpr std::array<std::int64_t, 37> duration_bounds_ns = [] {
  constexpr std::array<std::int64_t, 6> steps{10, 15, 20, 30, 50, 70};
  std::array<std::int64_t, 37> bounds{};
  std::int64_t decade = 1'000;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    bounds[i] = steps[i % steps.size()] * decade;
    if (i % steps.size() == steps.size() - 1)
      decade *= 10;
  }
  return bounds;
}();
static_assert(duration_bounds_ns.front() == 10'000 && duration_bounds_ns.back() == 10'000'000'000);

/// Durations, observed in nanoseconds and exported in seconds.
class duration_histogram {
public:
  void observe(std::int64_t duration_ns) noexcept {
    auto bound = std::lower_bound(duration_bounds_ns.begin(), duration_bounds_ns.end(), duration_ns);
    counts_[static_cast<std::size_t>(bound - duration_bounds_ns.begin())].add();
    sum_ns_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(duration_ns, 0)));
  }

  histogram_values values() const;

private:
  std::array<counter, duration_bounds_ns.size() + 1> counts_;
  counter sum_ns_;
};

} // namespace troupe::metrics
