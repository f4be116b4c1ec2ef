// The start of a log never goes back, not even in a restart, and nothing below it is served. It is never above
// the high watermark. What was deleted stays deleted.
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
    else if (event.asked != list_offset::latest && event.offset >= 0 && event.offset < event.before.log_start)
      wrong("log start: a search in " + event.where.to_string() + " finds offset " + std::to_string(event.offset)
            + " below " + std::to_string(event.before.log_start));
  }

  void on(const records_deleted& event) override {
    compare(event.where, event.low_watermark, event.before);
    if (event.low_watermark < event.before_offset)
      wrong("log start: " + event.where.to_string() + " was deleted before " + std::to_string(event.before_offset)
            + ", but starts at " + std::to_string(event.low_watermark));
    if (event.before_offset < 0 && event.low_watermark < event.before.high_watermark)
      wrong("log start: all of " + event.where.to_string() + " was deleted, but it starts at "
            + std::to_string(event.low_watermark) + " of " + std::to_string(event.before.high_watermark));
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
