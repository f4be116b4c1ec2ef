// How long a supervisor waits before it restarts a child: at once-ish the first time, ever longer while it keeps dying,
// and from the start again once it has lived for a while.
#pragma once

#include <algorithm>
#include <cstdint>

namespace troupe {

class restart_backoff {
public:
  static constexpr std::int64_t first_ms = 10;
  static constexpr std::int64_t longest_ms = 10'000;
  /// Who lived this long is taken to be well again.
  static constexpr std::int64_t well_after_ms = 60'000;

  /// The child died now. How long to wait, in milliseconds.
  std::int64_t died(std::int64_t now_ms) noexcept {
    auto lived_ms = now_ms - died_at_ms_ - delay_ms_;
    delay_ms_ = restarts_ == 0 || lived_ms >= well_after_ms ? first_ms : std::min(delay_ms_ * 2, longest_ms);
    died_at_ms_ = now_ms;
    ++restarts_;
    return delay_ms_;
  }

  /// How often it died, in all.
  std::uint32_t restarts() const noexcept { return restarts_; }

private:
  std::int64_t died_at_ms_ = 0;
  std::int64_t delay_ms_ = 0;
  std::uint32_t restarts_ = 0;
};

} // namespace troupe
