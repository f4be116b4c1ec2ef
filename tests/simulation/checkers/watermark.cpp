// The high watermark is never below what was acknowledged, never goes back, not even in a restart, and nobody
// reads above it.
#include "tests/simulation/checker.hpp"

#include "actors/interface/session_messages.hpp"

namespace troupe::simulation {

namespace {

class watermark_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    compare(event.where, event.high_watermark, event.before);
    if (!event.records.empty() && event.records.back().offset >= event.high_watermark)
      wrong("watermark: offset " + std::to_string(event.records.back().offset) + " of "
            + event.where.to_string() + " was read above the high watermark "
            + std::to_string(event.high_watermark));
  }

  void on(const offset_found& event) override {
    if (event.asked == list_offset::latest)
      compare(event.where, event.offset, event.before);
  }

private:
  void compare(const place& where, std::int64_t high_watermark, const snapshot& before) {
    if (high_watermark < before.acknowledged_end)
      wrong("watermark: that of " + where.to_string() + " is " + std::to_string(high_watermark) + ", but "
            + std::to_string(before.acknowledged_end) + " was acknowledged before");
    if (high_watermark < before.high_watermark)
      wrong("watermark: that of " + where.to_string() + " is " + std::to_string(high_watermark) + ", but was "
            + std::to_string(before.high_watermark) + " before");
  }
};

} // namespace

checker_ptr make_watermark_checker(const ledger& known, history& report) {
  return std::make_unique<watermark_checker>(known, report);
}

} // namespace troupe::simulation
