// Time as the command line counts it: milliseconds and nanoseconds of the machine's clocks.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>

namespace troupe::command {

/// Never goes back. Deadlines are such a number.
std::int64_t monotonic_ns() noexcept;
std::int64_t monotonic_ms() noexcept;
timestamp_ms wall_time() noexcept;

/// The milliseconds that are left until a deadline, at least 0 and at most `at_most`: for poll().
int remaining_ms(std::int64_t deadline_ms, std::int64_t at_most = 1000) noexcept;

void sleep_ms(std::int64_t duration_ms) noexcept;

} // namespace troupe::command
