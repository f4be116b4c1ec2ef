// A rate that many share. Whoever has moved bytes pays for them afterwards, and nobody moves more before all
// that was paid for has passed: over time that makes the rate, whatever the sizes.
#pragma once

#include <cstdint>
#include <limits>

namespace troupe::replication {

/// Pure: the time is given in, and never goes back.
class token_bucket {
public:
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
  /// Nobody waits longer: what is to be paid beyond it is forgotten.
  static constexpr std::int64_t longest_wait_ns = 24LL * 3600 * 1'000'000'000;

  /// What is owed stays owed, and is paid at the new rate. 0 counts as 1.
  void set_rate(std::int64_t bytes_per_second, std::int64_t now_ns);
  /// When all that was paid for has passed.
  std::int64_t free_at_ns() const { return free_at_ns_; }
  void pay(std::int64_t size_bytes, std::int64_t now_ns);

private:
  void owe(double bytes, std::int64_t from_ns, std::int64_t now_ns);

  std::int64_t bytes_per_second_ = unlimited;
  std::int64_t free_at_ns_ = 0;
};

} // namespace troupe::replication
