// What is read is what was written, in the partition that it was written to: value, key and timestamp.
#include "tests/simulation/checker.hpp"

namespace troupe::simulation {

namespace {

class content_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    for (auto& record : event.records)
      compare(event.where, record);
  }

private:
  void compare(const place& where, const read_record& record) {
    auto at = where.to_string() + " at " + std::to_string(record.offset);
    if (!record.number) {
      wrong("content: " + at + " holds something that nobody wrote");
      return;
    }
    auto& known = known_.of(*record.number);
    if (known.where != where)
      wrong("content: " + at + " holds a record for " + known.where.to_string());
    if (known.key != record.key || known.time != record.time)
      wrong("content: " + at + " has lost its key or its time");
    if (known.sent == 0)
      wrong("content: " + at + " holds a record that was never sent");
  }
};

} // namespace

checker_ptr make_content_checker(const ledger& known, history& report) {
  return std::make_unique<content_checker>(known, report);
}

} // namespace troupe::simulation
