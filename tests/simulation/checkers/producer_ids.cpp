// No producer id is ever given twice.
#include "tests/simulation/checker.hpp"

namespace troupe::simulation {

namespace {

class producer_id_checker final : public checker {
public:
  using checker::checker;

  void on(const producer_id_given& event) override {
    auto [entry, is_new] = owners_.emplace(event.id, event.producer);
    if (!is_new)
      wrong("producer id: " + std::to_string(event.id) + " was given to producer "
            + std::to_string(entry->second) + " and to producer " + std::to_string(event.producer));
  }

private:
  std::map<std::int64_t, int> owners_;
};

} // namespace

checker_ptr make_producer_id_checker(const ledger& known, history& report) {
  return std::make_unique<producer_id_checker>(known, report);
}

} // namespace troupe::simulation
