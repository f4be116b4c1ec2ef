#include "tests/simulation/command_line.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

namespace troupe::simulation {

namespace {

std::optional<seed_range> parse_range(const std::string& text) {
  auto dash = text.find('-');
  char* end = nullptr;
  seed_range seeds;
  seeds.first = std::strtoull(text.c_str(), &end, 10);
  if (end == text.c_str())
    return std::nullopt;
  seeds.last = dash == std::string::npos ? seeds.first : std::strtoull(text.c_str() + dash + 1, nullptr, 10);
  return seeds.first <= seeds.last ? std::optional{seeds} : std::nullopt;
}

void say(const std::string& line) { std::fputs((line + "\n").c_str(), stdout); }

} // namespace

command_line::command_line(std::string name, std::string about, unsigned seconds_max)
    : name_(std::move(name)), app_(std::move(about)), processes_(std::max(1u, std::thread::hardware_concurrency())),
      seconds_max_(seconds_max) {
  app_.add_option("--seed,--seeds", seeds_, "one seed, or a range: 17 or 1-1000")->capture_default_str();
  app_.add_option("-j", processes_, "seeds that are run at the same time")->capture_default_str();
  app_.add_option("--timeout", seconds_max_, "the most seconds that a seed may take")->capture_default_str();
  app_.add_option("--failures", failures_max_, "stop after so many bad seeds")->capture_default_str();
  app_.add_flag("--verbose", verbose_, "print the history");
  app_.add_flag("--twice", twice_, "run each seed twice: both must go the same way");
}

int command_line::run(int argc, char** argv, std::function<seed_result(std::uint64_t seed, bool verbose)> play) {
  play_ = std::move(play);
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app_.exit(problem) == 0 ? 0 : static_cast<int>(outcome::usage);
  }
  auto seeds = parse_range(seeds_);
  if (!seeds || processes_ == 0) {
    std::fprintf(stderr, "%s: '%s' is no seed and no range\n", name_.c_str(), seeds_.c_str());
    return static_cast<int>(outcome::usage);
  }
  spdlog::set_pattern("          [%l] %v");
  spdlog::set_level(verbose_ ? spdlog::level::debug : spdlog::level::off);
  return run_all(*seeds);
}

int command_line::run_one(std::uint64_t seed) const {
  auto result = play_(seed, verbose_);
  if (result.what == outcome::good && twice_ && play_(seed, false).trace != result.trace) {
    result.what = outcome::correctness;
    result.why = "two runs of the seed differ";
  }
  if (result.what != outcome::good)
    say(fmt::format("seed {}: {}: {}", seed, name(result.what), result.why));
  if (verbose_)
    say(fmt::format("trace {:016x}, {}", result.trace, result.counts));
  return static_cast<int>(result.what);
}

int command_line::run_all(seed_range seeds) const {
  auto total = run_seeds(seeds, processes_, seconds_max_, failures_max_, [this](std::uint64_t seed) { return run_one(seed); });
  auto had = [&](outcome what) { return total.by_outcome[static_cast<int>(what)]; };
  auto line = fmt::format("seeds {}-{}: {} run, {} good", seeds.first, seeds.last, total.runs, had(outcome::good));
  for (auto what : {outcome::crash, outcome::liveness, outcome::correctness})
    line += fmt::format(", {} {}", name(what), had(what));
  say(line);
  for (auto what : {outcome::correctness, outcome::liveness, outcome::crash})
    if (had(what) > 0)
      return static_cast<int>(what);
  return 0;
}

} // namespace troupe::simulation
