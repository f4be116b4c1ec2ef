// Nothing that was acknowledged, or that anybody has read, is ever missing: not in a read that passes its
// offset, and not at the end.
#include "tests/simulation/checker.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

class loss_checker final : public checker {
public:
  using checker::checker;

  void on(const records_read& event) override {
    if (event.records.empty())
      return;
    // The first batch may begin before the offset that was asked for.
    compare(event.where, event.records, std::min(event.from, event.records.front().offset),
            event.records.back().offset + 1, "a read");
  }

  void on(const partition_drained& event) override {
    compare(event.where, event.records, event.log_start, event.high_watermark, "the last read");
    auto facts = known_.partitions().find(event.where);
    if (facts == known_.partitions().end() || facts->second.at.empty())
      return;
    auto last = facts->second.at.rbegin()->first;
    if (last >= event.high_watermark)
      wrong("loss: " + event.where.to_string() + " ends at " + std::to_string(event.high_watermark)
            + ", but offset " + std::to_string(last) + " was acknowledged or read");
  }

private:
  bool may_lack(const place& where, std::int64_t from, std::int64_t end) const {
    auto facts = known_.partitions().find(where);
    return facts != known_.partitions().end() && facts->second.may_lack_all(from, end);
  }

  /// Every offset of [from, end) is there, one after the other, or may be missing.
  void compare(const place& where, const std::vector<read_record>& records, std::int64_t from,
               std::int64_t end, const char* what) {
    auto expected = from;
    for (auto& record : records) {
      if (record.offset < from)
        continue;
      if (record.offset != expected && !may_lack(where, expected, record.offset)) {
        wrong("loss: " + std::string{what} + " of " + where.to_string() + " gives offset "
              + std::to_string(record.offset) + " where " + std::to_string(expected) + " was due"
              + lost(where, expected));
        return;
      }
      expected = record.offset + 1;
    }
    if (expected < end && !may_lack(where, expected, end))
      wrong("loss: " + std::string{what} + " of " + where.to_string() + " ends at " + std::to_string(expected)
            + " of " + std::to_string(end) + lost(where, expected));
  }

  std::string lost(const place& where, std::int64_t offset) const {
    auto facts = known_.partitions().find(where);
    if (facts == known_.partitions().end() || !facts->second.at.contains(offset))
      return "";
    return " (record " + std::to_string(facts->second.at.at(offset)) + ", which was acknowledged or read)";
  }
};

} // namespace

checker_ptr make_loss_checker(const ledger& known, history& report) {
  return std::make_unique<loss_checker>(known, report);
}

} // namespace troupe::simulation
