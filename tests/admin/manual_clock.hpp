// A clock that stands still until it is told to go on.
#pragma once

#include "runtime/base/clock.hpp"

namespace troupe {

class manual_clock final : public clock_port {
public:
  timestamp_ms wall() const override { return timestamp_ms{784111777'000 + now_ns_ / ns_per_ms}; }
  std::int64_t monotonic_ns() const override { return now_ns_; }
  void advance_ms(std::int64_t ms) { now_ns_ += ms * ns_per_ms; }

private:
  std::int64_t now_ns_ = 0;
};

} // namespace troupe
