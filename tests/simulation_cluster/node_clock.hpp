// A node's own clocks: its wall clock is wrong and may jump; its monotonic one counts from a time of its own, and is a little
// too fast or too slow.
#pragma once

#include "tests/simulation/virtual_clock.hpp"

namespace troupe::simulation::cluster {

class node_clock final : public clock_port {
public:
  node_clock(const virtual_clock& base, std::int64_t began_ms, std::int64_t drift_ppm)
      : base_(base), began_ms_(began_ms), drift_ppm_(drift_ppm) {}

  timestamp_ms wall() const override { return timestamp_ms{base_.wall().value() + ahead_ms_}; }
  std::int64_t monotonic_ns() const override {
    auto base_ns = base_.monotonic_ns();
    return base_ns + base_ns / 1'000'000 * drift_ppm_ + began_ms_ * ns_per_ms;
  }
  void jump(std::int64_t ahead_ms) { ahead_ms_ = ahead_ms; }

private:
  const virtual_clock& base_;
  std::int64_t began_ms_;
  std::int64_t drift_ppm_;
  std::int64_t ahead_ms_ = 0;
};

} // namespace troupe::simulation::cluster
