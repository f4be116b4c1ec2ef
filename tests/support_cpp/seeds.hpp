// What all runs from seeds have in common: how many there are, and a word on the one that ends the process.
#pragma once

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace troupe::test {

/// As many as there is time for: TROUPE_SEEDS in the environment says how many.
inline std::uint64_t seeds_wanted(std::uint64_t otherwise) {
  auto* wanted = std::getenv("TROUPE_SEEDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : otherwise;
}

/// While it lives, a CHECK that fails ends the process with a line that says in which seed.
class seed_watch {
public:
  seed_watch() { before_ = std::signal(SIGABRT, &seed_watch::tell); }
  ~seed_watch() { std::signal(SIGABRT, before_); }
  seed_watch(const seed_watch&) = delete;
  seed_watch& operator=(const seed_watch&) = delete;

  void begins(std::uint64_t seed) {
    std::snprintf(line_.data(), line_.size(), "seed %llu: the process aborts\n",
                  static_cast<unsigned long long>(seed));
  }

private:
  static void tell(int) {
    std::size_t size = 0;
    while (line_[size] != '\0')
      ++size;
    static_cast<void>(!::write(STDERR_FILENO, line_.data(), size));
  }

  static inline std::array<char, 64> line_{};
  void (*before_)(int);
};

} // namespace troupe::test
