// The node's clock: what the test scheduler's clock says.
#pragma once

#include "runtime/base/clock.hpp"

#include <chrono>

#include <caf/scheduler/test_coordinator.hpp>

namespace troupe::testing {

class virtual_clock final : public clock_port {
public:
  explicit virtual_clock(const caf::detail::test_actor_clock& clock) : clock_(clock) {}

  timestamp_ms wall() const override { return timestamp_ms{start_ms + monotonic_ns() / ns_per_ms}; }
  std::int64_t monotonic_ns() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch()).count();
  }
  std::int64_t ms() const { return monotonic_ns() / ns_per_ms; }

private:
  static constexpr std::int64_t start_ms = 1'700'000'000'000;

  const caf::detail::test_actor_clock& clock_;
};

} // namespace troupe::testing
