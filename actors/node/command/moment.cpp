#include "actors/node/command/moment.hpp"

#include "runtime/base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace troupe::command {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

} // namespace

std::int64_t monotonic_ns() noexcept {
  static const system_clock clock;
  return clock.monotonic_ns();
}

std::int64_t monotonic_ms() noexcept { return monotonic_ns() / ns_per_ms; }

timestamp_ms wall_time() noexcept {
  static const system_clock clock;
  return clock.wall();
}

int remaining_ms(std::int64_t deadline_ms, std::int64_t at_most) noexcept {
  return static_cast<int>(std::clamp<std::int64_t>(deadline_ms - monotonic_ms(), 0, at_most));
}

void sleep_ms(std::int64_t duration_ms) noexcept {
  if (duration_ms > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds{duration_ms});
}

} // namespace troupe::command
