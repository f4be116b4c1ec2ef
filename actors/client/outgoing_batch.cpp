#include "actors/client/outgoing_batch.hpp"

#include <algorithm>

namespace troupe::client {

std::pair<std::vector<record_run>, std::vector<record_run>> split_runs(std::vector<record_run> runs, std::uint32_t count,
                                                                       timestamp_ms first_of_others) {
  std::vector<record_run> first;
  std::vector<record_run> second;
  for (auto& run : runs) {
    auto taken = std::min(count, run.count);
    count -= taken;
    auto front = run;
    front.count = taken;
    front.cost_bytes = run.cost_bytes / run.count * taken;
    auto back = run;
    back.first_id += taken;
    if (taken > 0)
      back.timestamp = first_of_others;
    back.count -= taken;
    back.cost_bytes -= front.cost_bytes;
    if (front.count > 0)
      first.push_back(back.count > 0 ? front : run);
    if (back.count > 0)
      second.push_back(back);
  }
  return {std::move(first), std::move(second)};
}

} // namespace troupe::client
