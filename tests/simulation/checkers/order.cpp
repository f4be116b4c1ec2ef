// A producer's records are in a partition in the order in which it sent them: always, if it is idempotent;
// else as far as they went out on one connection and only once.
#include "tests/simulation/checker.hpp"

namespace troupe::simulation {

namespace {

class order_checker final : public checker {
public:
  using checker::checker;

  void on(const partition_drained& event) override {
    struct last_seen {
      record_number number = 0;
      std::uint32_t connection = 0;
      bool any = false;
    };
    std::map<int, last_seen> last;
    for (auto& record : event.records) {
      if (!record.number)
        continue;
      auto& known = known_.of(*record.number);
      if (!known.exactly_once && known.sent > 1)
        continue;
      auto& before = last[known.producer];
      auto comparable = before.any && (known.exactly_once || before.connection == known.connection);
      if (comparable && *record.number <= before.number)
        wrong("order: record " + std::to_string(*record.number) + " of producer "
              + std::to_string(known.producer) + " comes after " + std::to_string(before.number) + " in "
              + event.where.to_string());
      before = {*record.number, known.connection, true};
    }
  }
};

} // namespace

checker_ptr make_order_checker(const ledger& known, history& report) {
  return std::make_unique<order_checker>(known, report);
}

} // namespace troupe::simulation
