// Runs many seeds, each in a process of its own, a few at a time.
#pragma once

#include <cstdint>
#include <functional>

namespace troupe::simulation {

struct seed_range {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
};

struct tally {
  std::uint64_t runs = 0;
  std::uint64_t by_outcome[5] = {};

  std::uint64_t failed() const { return runs - by_outcome[0]; }
};

/// `run` gives the exit code of a seed; it is called in a child. A child that dies counts as a crash, one
/// that takes longer than `seconds` as a lack of liveness. Stops early after `failures_max` bad seeds.
tally run_seeds(seed_range seeds, unsigned processes, unsigned seconds, std::uint64_t failures_max,
                const std::function<int(std::uint64_t seed)>& run);

} // namespace troupe::simulation
