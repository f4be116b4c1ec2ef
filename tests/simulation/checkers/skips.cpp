// A read leaves out nothing: its records follow one another, from the offset that was asked for.
#include "tests/simulation/checker.hpp"
#include "tests/simulation/checkers/gaps.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

class skip_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    if (event.records.empty())
      return;
    // The first batch may begin before the offset that was asked for.
    auto from = std::min(event.from, event.records.front().offset);
    if (auto gap = first_gap(known_, event.where, event.records, from, event.records.back().offset + 1); !gap.empty())
      wrong("skips: a read of " + event.where.to_string() + gap);
  }
};

} // namespace

checker_ptr make_skip_checker(const ledger& known, history& report) {
  return std::make_unique<skip_checker>(known, report);
}

} // namespace troupe::simulation
