// What is read is whole: no batch has another checksum than it says.
#include "tests/simulation/checker.hpp"

namespace troupe::simulation {

namespace {

class damage_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    if (!event.checksums_good)
      wrong("damage: a batch of " + event.where.to_string() + " behind offset " + std::to_string(event.from) + " is damaged");
  }
};

} // namespace

checker_ptr make_damage_checker(const ledger& known, history& report) {
  return std::make_unique<damage_checker>(known, report);
}

} // namespace troupe::simulation
