// Nothing that was acknowledged, or that anybody has read, is missing at the end.
#include "tests/simulation/checker.hpp"
#include "tests/simulation/checkers/gaps.hpp"

namespace troupe::simulation {

namespace {

class loss_checker final : public checker {
public:
  using checker::checker;

  void on(const partition_drained& event) override {
    if (auto gap = first_gap(known_, event.where, event.records, event.log_start, event.high_watermark); !gap.empty())
      wrong("loss: the last read of " + event.where.to_string() + gap);
    auto facts = known_.partitions().find(event.where);
    if (facts == known_.partitions().end() || facts->second.at.empty())
      return;
    auto last = facts->second.at.rbegin()->first;
    if (last >= event.high_watermark)
      wrong("loss: " + event.where.to_string() + " ends at " + std::to_string(event.high_watermark)
            + ", but offset " + std::to_string(last) + " was acknowledged or read");
  }
};

} // namespace

checker_ptr make_loss_checker(const ledger& known, history& report) {
  return std::make_unique<loss_checker>(known, report);
}

} // namespace troupe::simulation
