// While a node runs, the start of a log never goes back, and nothing below it is served. It is never above
// the high watermark.
#include "tests/simulation/checker.hpp"

#include "actors/interface/session_messages.hpp"

namespace troupe::simulation {

namespace {

class log_start_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    if (event.log_start >= 0) // older versions of Fetch do not say
      compare(event.where, event.log_start, event.before);
    if (event.log_start > event.high_watermark)
      wrong("log start: that of " + event.where.to_string() + " is above the high watermark");
    if (event.from < event.before.log_start && !event.records.empty())
      wrong("log start: offset " + std::to_string(event.from) + " of " + event.where.to_string()
            + " was served below " + std::to_string(event.before.log_start));
  }

  void on(const offset_found& event) override {
    if (event.asked == list_offset::earliest)
      compare(event.where, event.offset, event.before);
  }

private:
  void compare(const place& where, std::int64_t log_start, const snapshot& before) {
    if (log_start < before.log_start)
      wrong("log start: that of " + where.to_string() + " went back from " + std::to_string(before.log_start)
            + " to " + std::to_string(log_start));
  }
};

} // namespace

checker_ptr make_log_start_checker(const ledger& known, history& report) {
  return std::make_unique<log_start_checker>(known, report);
}

} // namespace troupe::simulation
