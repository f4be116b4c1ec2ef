// Retention removes nothing that is too young for it.
#include "tests/simulation_cluster/checker.hpp"

#include <map>

namespace troupe::simulation::cluster {

namespace {

class retention_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    for (auto& record : event.records)
      times_[event.where][record.offset] = record.time;
  }

  void on(const log_start_told& event) override {
    auto& times = times_[event.where];
    auto kept = times.lower_bound(event.log_start);
    for (auto one = times.begin(); one != kept; ++one)
      if (one->second > event.youngest)
        wrong("retention: " + event.where.to_string() + " begins at " + std::to_string(event.log_start) + ", and offset "
              + std::to_string(one->first) + " of " + std::to_string(one->second.value()) + " is gone: only what is older than "
              + std::to_string(event.youngest.value()) + " may be");
    times.erase(times.begin(), kept);
  }

private:
  std::map<place, std::map<std::int64_t, timestamp_ms>> times_; ///< of what was read and is there, as far as is known
};

} // namespace

checker_ptr make_retention_checker(history& report, replica_disks& disks) {
  return std::make_unique<retention_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
