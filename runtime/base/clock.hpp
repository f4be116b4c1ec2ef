// The clock port: time is passed in, so that a simulation can decide what time it is.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>

namespace troupe {

constexpr std::int64_t ns_per_ms = 1'000'000;

class clock_port {
public:
  virtual ~clock_port() = default;

  /// The wall clock, for timestamps and retention: may jump.
  virtual timestamp_ms wall() const = 0;
  /// Never goes back; only differences have a meaning.
  virtual std::int64_t monotonic_ns() const = 0;
};

/// The machine's clocks.
class system_clock final : public clock_port {
public:
  timestamp_ms wall() const override;
  std::int64_t monotonic_ns() const override;
};

} // namespace troupe
