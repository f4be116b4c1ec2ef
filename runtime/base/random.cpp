#include "runtime/base/random.hpp"

#include "runtime/base/check.hpp"

#include <sys/random.h>

namespace troupe {

std::uint64_t system_seed() {
  std::uint64_t seed = 0;
  CHECK(::getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed), "the kernel gives random bytes");
  return seed;
}

} // namespace troupe
