#include "runtime/base/clock.hpp"

#include <chrono>

namespace troupe {

timestamp_ms system_clock::wall() const {
  using namespace std::chrono;
  return timestamp_ms{duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

std::int64_t system_clock::monotonic_ns() const {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace troupe
