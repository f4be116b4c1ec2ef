// A batch that is sent after another was acknowledged comes behind it.
#include "tests/simulation_cluster/checker.hpp"

namespace troupe::simulation::cluster {

namespace {

class realtime_checker final : public checker {
public:
  using checker::checker;

  void on(const batch_written& event) override {
    if (event.base < event.acknowledged_before)
      wrong("realtime: a batch for " + event.where.to_string() + " is at " + std::to_string(event.base) + ", but when it was sent, "
            + std::to_string(event.acknowledged_before) + " records were acknowledged");
  }
};

} // namespace

checker_ptr make_realtime_checker(history& report, replica_disks& disks) {
  return std::make_unique<realtime_checker>(report, disks);
}

} // namespace troupe::simulation::cluster
