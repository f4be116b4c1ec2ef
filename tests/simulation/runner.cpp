#include "tests/simulation/runner.hpp"

#include "tests/simulation/history.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>

#include <sys/wait.h>
#include <unistd.h>

namespace troupe::simulation {

namespace {

pid_t begin(std::uint64_t seed, unsigned seconds, const std::function<int(std::uint64_t)>& run) {
  std::fflush(nullptr);
  auto child = ::fork();
  if (child == 0) {
    ::alarm(seconds);
    auto code = run(seed);
    std::fflush(nullptr);
    ::_exit(code);
  }
  return child;
}

outcome judge_status(int status, std::uint64_t seed) {
  if (WIFEXITED(status))
    return static_cast<outcome>(WEXITSTATUS(status));
  auto what = WTERMSIG(status) == SIGALRM ? outcome::liveness : outcome::crash;
  std::printf("seed %llu: %s: ended by signal %d\n", static_cast<unsigned long long>(seed), name(what),
              WTERMSIG(status));
  return what;
}

/// A line now and then, for a run that takes long.
class progress {
public:
  explicit progress(seed_range seeds) : seeds_(seeds.last - seeds.first + 1) {}

  void show(const tally& total) {
    if (auto now = std::chrono::steady_clock::now(); now >= next_) {
      next_ = now + interval;
      std::fprintf(stderr, "%llu of %llu seeds, %llu bad\n", static_cast<unsigned long long>(total.runs),
                   static_cast<unsigned long long>(seeds_), static_cast<unsigned long long>(total.failed()));
    }
  }

private:
  static constexpr std::chrono::seconds interval{20};

  std::uint64_t seeds_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + interval;
};

} // namespace

tally run_seeds(seed_range seeds, unsigned processes, unsigned seconds, std::uint64_t failures_max,
                const std::function<int(std::uint64_t)>& run) {
  tally total;
  progress so_far{seeds};
  std::map<pid_t, std::uint64_t> children;
  for (auto next = seeds.first; !children.empty() || (next <= seeds.last && total.failed() < failures_max);) {
    if (children.size() < processes && next <= seeds.last && total.failed() < failures_max) {
      auto child = begin(next, seconds, run);
      if (child < 0) {
        std::perror("fork");
        std::exit(static_cast<int>(outcome::usage));
      }
      children[child] = next++;
      continue;
    }
    int status = 0;
    auto child = ::wait(&status);
    auto entry = children.extract(child);
    if (entry.empty())
      continue;
    ++total.runs;
    ++total.by_outcome[static_cast<int>(judge_status(status, entry.mapped())) % 5];
    so_far.show(total);
  }
  return total;
}

} // namespace troupe::simulation
