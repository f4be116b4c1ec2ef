// What the operating system says of this process, under the names that every Prometheus client gives them.
#pragma once

#include "runtime/metrics/registry.hpp"

#include <cstdint>

namespace troupe::metrics {

struct process_facts {
  double cpu_seconds = 0; ///< user and system
  std::int64_t resident_bytes = 0;
  std::int64_t virtual_bytes = 0;
  std::int64_t open_files = 0;
  std::int64_t open_files_max = 0; ///< 0: no limit
  std::int64_t threads = 0;
  double started_seconds = 0; ///< since 1970
};

/// From /proc; what cannot be read is 0.
process_facts this_process();

/// process_cpu_seconds_total and the like.
void collect_process(sink& to);

} // namespace troupe::metrics
