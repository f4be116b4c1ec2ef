// A record of an idempotent producer, or one that was sent only once, is never at two offsets.
#include "tests/simulation/checker.hpp"

namespace troupe::simulation {

namespace {

class duplicate_checker final : public checker {
public:
  using checker::checker;

  void on(const batch_acknowledged& event) override {
    auto offset = event.base;
    if (offset >= 0)
      for (auto number : event.records)
        see(event.where, number, offset++);
  }

  void on(const records_read& event) override {
    for (auto& record : event.records)
      if (record.number)
        see(event.where, *record.number, record.offset);
  }

private:
  void see(const place& where, record_number number, std::int64_t offset) {
    auto& known = known_.of(number);
    if (!known.exactly_once && known.sent > 1)
      return;
    auto [entry, is_new] = seen_.emplace(number, offset);
    if (!is_new && entry->second != offset)
      wrong("duplicate: record " + std::to_string(number) + " of " + where.to_string() + " is at offset "
            + std::to_string(entry->second) + " and at " + std::to_string(offset));
  }

  std::map<record_number, std::int64_t> seen_;
};

} // namespace

checker_ptr make_duplicate_checker(const ledger& known, history& report) {
  return std::make_unique<duplicate_checker>(known, report);
}

} // namespace troupe::simulation
