// Latencies in buckets whose width grows with the value, so that each is right to about one in a hundred.
#pragma once

#include <array>
#include <cstdint>

namespace troupe::command {

class latency_histogram {
public:
  void add(std::int64_t latency_ns, std::uint64_t count = 1) noexcept;
  void add(const latency_histogram& other) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::int64_t max_ns() const noexcept { return max_ns_; }
  /// What the given share of all latencies (0.5 is the median) does not exceed; 0 without any.
  std::int64_t at_ns(double share) const noexcept;

private:
  /// Values below 128 have a bucket each; above, each power of two has 64.
  static constexpr std::size_t sub_buckets = 64;
  static constexpr std::size_t buckets = sub_buckets * 60;

  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::uint64_t highest_in(std::size_t bucket) noexcept;

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

} // namespace troupe::command
