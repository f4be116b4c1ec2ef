// The command line of a simulation: which seeds, how many at a time, and what is said of them.
#pragma once

#include "tests/simulation/history.hpp"
#include "tests/simulation/runner.hpp"

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace troupe::simulation {

struct seed_result {
  outcome what = outcome::good;
  std::string why;
  std::uint64_t trace = 0; ///< two runs of a seed have the same
  std::string counts;      ///< of what happened, for a person
};

class command_line {
public:
  command_line(std::string name, std::string about, unsigned seconds_max);

  /// For options of its own.
  CLI::App& app() { return app_; }
  /// Exit code: that of the worst seed, or outcome::usage.
  int run(int argc, char** argv, std::function<seed_result(std::uint64_t seed, bool verbose)> play);

private:
  int run_one(std::uint64_t seed) const;
  int run_all(seed_range seeds) const;

  std::string name_;
  CLI::App app_;
  std::function<seed_result(std::uint64_t seed, bool verbose)> play_;
  std::string seeds_ = "1";
  unsigned processes_;
  unsigned seconds_max_;
  std::uint64_t failures_max_ = 5;
  bool verbose_ = false;
  bool twice_ = false;
};

} // namespace troupe::simulation
