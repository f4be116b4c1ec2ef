#include "actors/node/command/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace troupe::command {

std::size_t latency_histogram::bucket_of(std::uint64_t value) noexcept {
  auto width = static_cast<std::size_t>(std::bit_width(value));
  if (width <= 7)
    return static_cast<std::size_t>(value);
  // The highest bit chooses the row, the six behind it the bucket.
  auto shift = width - 7;
  return shift * sub_buckets + static_cast<std::size_t>(value >> shift);
}

std::uint64_t latency_histogram::highest_in(std::size_t bucket) noexcept {
  if (bucket < 2 * sub_buckets)
    return bucket;
  auto shift = bucket / sub_buckets - 1;
  auto top = bucket - shift * sub_buckets;
  return ((static_cast<std::uint64_t>(top) + 1) << shift) - 1;
}

void latency_histogram::add(std::int64_t latency_ns, std::uint64_t count) noexcept {
  auto value = std::max<std::int64_t>(latency_ns, 0);
  counts_[std::min(bucket_of(static_cast<std::uint64_t>(value)), buckets - 1)] += count;
  count_ += count;
  max_ns_ = std::max(max_ns_, value);
}

void latency_histogram::add(const latency_histogram& other) noexcept {
  for (std::size_t i = 0; i < buckets; ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

std::int64_t latency_histogram::at_ns(double share) const noexcept {
  auto wanted =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets && count_ > 0; ++i) {
    seen += counts_[i];
    if (seen >= wanted)
      return std::min(static_cast<std::int64_t>(highest_in(i)), max_ns_);
  }
  return max_ns_;
}

} // namespace troupe::command
