#include "tests/simulation/command_line.hpp"
#include "tests/simulation/world.hpp"

#include <spdlog/fmt/fmt.h>

using namespace troupe::simulation;

int main(int argc, char** argv) {
  command_line line{"simulation",
                    "Simulates a node, its clients, its disk and its crashes. Exit code: 0 good, 1 crash, 2 liveness, 3 "
                    "correctness, 4 usage. Example: simulation --seeds 1-1000 -j 2",
                    60};
  std::uint64_t steps = 6'000;
  line.app().add_option("--steps", steps, "about how many events before all is healed")->capture_default_str();
  return line.run(argc, argv, [&](std::uint64_t seed, bool verbose) {
    auto done = world{draw_plan(seed, steps), verbose}.run();
    return seed_result{done.what, done.why, done.trace,
                       fmt::format("{} events, {} records, {} lives, {} virtual seconds", done.events, done.records, done.lives,
                                   done.virtual_ms / 1'000)};
  });
}
