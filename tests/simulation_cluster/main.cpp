#include "tests/simulation/command_line.hpp"
#include "tests/simulation_cluster/world.hpp"

#include <spdlog/fmt/fmt.h>

using namespace troupe::simulation;

int main(int argc, char** argv) {
  command_line line{"simulation-cluster",
                    "Simulates a cluster, its clients, and all that goes wrong. Exit code: 0 good, 1 crash, 2 liveness, 3 "
                    "correctness, 4 usage. Example: simulation-cluster --seeds 1-100 -j 2",
                    120};
  std::int64_t fault_time_s = 60;
  bool messages = false;
  line.app()
      .add_option("--seconds", fault_time_s, "about how much virtual time before all is healed")
      ->capture_default_str();
  line.app().add_flag("--messages", messages, "with --verbose: what the nodes say to each other, too");
  return line.run(argc, argv, [&](std::uint64_t seed, bool verbose) {
    auto done = cluster::world{cluster::draw_plan(seed, fault_time_s * 1'000), verbose, verbose && messages}.run();
    return seed_result{done.what, done.why, done.trace,
                       fmt::format("{} jobs, {} messages, {} records, {} lives, {} virtual seconds", done.jobs, done.messages,
                                   done.records, done.lives, done.virtual_ms / 1'000)};
  });
}
