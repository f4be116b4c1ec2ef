// An offset that was acknowledged or read stands for the same record for ever, whatever happens to the node.
#include "tests/simulation/checker.hpp"

namespace troupe::simulation {

namespace {

class offset_checker final : public checker {
public:
  using checker::checker;

  void on(const batch_acknowledged& event) override {
    auto offset = event.base;
    if (offset >= 0)
      for (auto number : event.records)
        compare(event.where, offset++, number, "acknowledged");
  }

  void on(const records_read& event) override {
    for (auto& record : event.records)
      if (record.number)
        compare(event.where, record.offset, *record.number, "read");
  }

private:
  void compare(const place& where, std::int64_t offset, record_number number, const char* what) {
    auto facts = known_.partitions().find(where);
    if (facts == known_.partitions().end())
      return;
    auto found = facts->second.at.find(offset);
    if (found != facts->second.at.end() && found->second != number)
      wrong("offset: " + where.to_string() + " at " + std::to_string(offset) + " was record "
            + std::to_string(found->second) + ", and now record " + std::to_string(number) + " is " + what
            + " there");
  }
};

} // namespace

checker_ptr make_offset_checker(const ledger& known, history& report) {
  return std::make_unique<offset_checker>(known, report);
}

} // namespace troupe::simulation
