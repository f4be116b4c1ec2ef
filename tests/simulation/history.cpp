#include "tests/simulation/history.hpp"

#include "runtime/base/crc32c.hpp"

#include <cstdio>

namespace troupe::simulation {

const char* name(outcome what) {
  switch (what) {
  case outcome::good:
    return "good";
  case outcome::crash:
    return "crash";
  case outcome::liveness:
    return "liveness";
  case outcome::correctness:
    return "correctness";
  case outcome::usage:
    break;
  }
  return "usage";
}

void history::note(const std::string& line) {
  ++lines_;
  mix(static_cast<std::uint64_t>(now_ms_));
  mix(crc32c(line));
  if (verbose_)
    std::printf("%8lld  %s\n", static_cast<long long>(now_ms_), line.c_str());
}

void history::mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ull; }

void history::fail(outcome what, const std::string& why) {
  note(std::string{"VIOLATION ("} + name(what) + "): " + why);
  if (failed())
    return;
  outcome_ = what;
  why_ = why;
}

} // namespace troupe::simulation
