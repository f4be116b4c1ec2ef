// What happened, line by line: hashed, so that two runs of a seed can be compared, and printed on request. It
// also takes the verdict: the first thing that was wrong ends the run.
#pragma once

#include <cstdint>
#include <string>

namespace troupe::simulation {

/// The exit codes of a run.
enum class outcome { good = 0, crash = 1, liveness = 2, correctness = 3, usage = 4 };

const char* name(outcome what);

class history {
public:
  explicit history(bool verbose) : verbose_(verbose) {}

  void now(std::int64_t ms) { now_ms_ = ms; }
  void note(const std::string& line);
  void mix(std::uint64_t value);

  /// Only the first one counts.
  void fail(outcome what, const std::string& why);
  bool failed() const { return outcome_ != outcome::good; }
  outcome result() const { return outcome_; }
  const std::string& why() const { return why_; }

  std::uint64_t hash() const { return hash_; }
  std::uint64_t lines() const { return lines_; }

private:
  bool verbose_;
  std::int64_t now_ms_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325ull;
  std::uint64_t lines_ = 0;
  outcome outcome_ = outcome::good;
  std::string why_;
};

} // namespace troupe::simulation
