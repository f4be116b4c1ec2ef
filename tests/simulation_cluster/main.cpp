// The command line of a cluster's simulation.
#include "tests/simulation/runner.hpp"
#include "tests/simulation_cluster/world.hpp"

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

using namespace troupe::simulation;

namespace {

struct options {
  std::string seeds = "1";
  std::int64_t fault_time_s = 60;
  unsigned processes = std::max(1u, std::thread::hardware_concurrency());
  unsigned seconds = 120;
  std::uint64_t failures_max = 5;
  bool verbose = false;
  bool messages = false;
  bool twice = false;
};

int run_one(std::uint64_t seed, const options& wanted) {
  auto drawn = cluster::draw_plan(seed, wanted.fault_time_s * 1'000);
  auto result = cluster::world{drawn, wanted.verbose, wanted.messages}.run();
  if (result.what == outcome::good && wanted.twice && cluster::world{drawn, false}.run().trace != result.trace) {
    result.what = outcome::correctness;
    result.why = "two runs of the seed differ";
  }
  if (result.what != outcome::good)
    std::printf("seed %llu: %s: %s\n", static_cast<unsigned long long>(seed), name(result.what),
                result.why.c_str());
  if (wanted.verbose)
    std::printf("trace %016llx, %llu jobs, %llu messages, %llu records, %d lives, %lld virtual seconds\n",
                static_cast<unsigned long long>(result.trace), static_cast<unsigned long long>(result.jobs),
                static_cast<unsigned long long>(result.messages), static_cast<unsigned long long>(result.records),
                result.lives, static_cast<long long>(result.virtual_ms / 1'000));
  return static_cast<int>(result.what);
}

bool parse_range(const std::string& text, seed_range& into) {
  auto dash = text.find('-');
  char* end = nullptr;
  into.first = std::strtoull(text.c_str(), &end, 10);
  if (end == text.c_str())
    return false;
  into.last = dash == std::string::npos ? into.first : std::strtoull(text.c_str() + dash + 1, nullptr, 10);
  return into.first <= into.last;
}

int run_many(seed_range seeds, const options& wanted) {
  auto total = run_seeds(seeds, wanted.processes, wanted.seconds, wanted.failures_max,
                         [&wanted](std::uint64_t seed) { return run_one(seed, wanted); });
  std::printf("seeds %llu-%llu: %llu run, %llu good", static_cast<unsigned long long>(seeds.first),
              static_cast<unsigned long long>(seeds.last), static_cast<unsigned long long>(total.runs),
              static_cast<unsigned long long>(total.by_outcome[0]));
  for (auto what : {outcome::crash, outcome::liveness, outcome::correctness})
    std::printf(", %s %llu", name(what),
                static_cast<unsigned long long>(total.by_outcome[static_cast<int>(what)]));
  std::printf("\n");
  for (auto what : {outcome::correctness, outcome::liveness, outcome::crash})
    if (total.by_outcome[static_cast<int>(what)] > 0)
      return static_cast<int>(what);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  options wanted;
  CLI::App app{
      "Simulates a cluster, its clients, and all that goes wrong. Exit code: 0 good, 1 crash, 2 liveness, 3 "
      "correctness, 4 usage. Example: simulation-cluster --seeds 1-100 -j 2"};
  app.add_option("--seed,--seeds", wanted.seeds, "one seed, or a range: 17 or 1-1000")->capture_default_str();
  app.add_option("--seconds", wanted.fault_time_s, "about how much virtual time before all is healed")
      ->capture_default_str();
  app.add_option("-j", wanted.processes, "seeds that are run at the same time")->capture_default_str();
  app.add_option("--timeout", wanted.seconds, "the most seconds that a seed may take")->capture_default_str();
  app.add_option("--failures", wanted.failures_max, "stop after so many bad seeds")->capture_default_str();
  app.add_flag("--verbose", wanted.verbose, "print the history");
  app.add_flag("--messages", wanted.messages, "... with what the nodes say to each other");
  app.add_flag("--twice", wanted.twice, "run each seed twice: both must go the same way");
  seed_range seeds;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : static_cast<int>(outcome::usage);
  }
  if (!parse_range(wanted.seeds, seeds) || wanted.processes == 0) {
    std::fprintf(stderr, "simulation-cluster: '%s' is no seed and no range\n", wanted.seeds.c_str());
    return static_cast<int>(outcome::usage);
  }
  spdlog::set_pattern("          [%l] %v");
  spdlog::set_level(wanted.verbose ? spdlog::level::debug : spdlog::level::off);
  return run_many(seeds, wanted);
}
