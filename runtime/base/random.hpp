// Seeded random numbers (splitmix64): the same seed gives the same run, on every machine.
#pragma once

#include <cstdint>

namespace troupe {

class random_source {
  __extension__ using uint128 = unsigned __int128;

public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    auto z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  /// From 0 up to, but without, `bound`, which must not be 0.
  std::uint64_t below(std::uint64_t bound) noexcept {
    return static_cast<std::uint64_t>((static_cast<uint128>(next()) * bound) >> 64);
  }

  /// True once in `n` times.
  bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

private:
  std::uint64_t state_;
};

/// A seed from the operating system, for runs that need not be repeated.
std::uint64_t system_seed();

} // namespace troupe
