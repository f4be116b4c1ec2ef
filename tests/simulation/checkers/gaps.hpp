// What is missing in a row of records.
#pragma once

#include "tests/simulation/ledger.hpp"
#include "tests/simulation/events.hpp"

#include <string>
#include <vector>

namespace troupe::simulation {

/// Every offset of [from, end) must be there, one after the other, or may be missing. Which must not, in words; empty if none.
inline std::string first_gap(const ledger& known, const place& where, const std::vector<read_record>& records, std::int64_t from,
                             std::int64_t end) {
  auto found = known.partitions().find(where);
  auto* facts = found == known.partitions().end() ? nullptr : &found->second;
  auto may_lack = [facts](std::int64_t first, std::int64_t last) { return facts && facts->may_lack_all(first, last); };
  auto expected = from;
  std::string text;
  for (auto& record : records) {
    if (record.offset < from)
      continue;
    if (record.offset != expected && !may_lack(expected, record.offset)) {
      text = " gives offset " + std::to_string(record.offset) + " where " + std::to_string(expected) + " was due";
      break;
    }
    expected = record.offset + 1;
  }
  if (text.empty() && expected < end && !may_lack(expected, end))
    text = " ends at " + std::to_string(expected) + " of " + std::to_string(end);
  if (!text.empty() && facts && facts->at.contains(expected))
    text += " (record " + std::to_string(facts->at.at(expected)) + ", which was acknowledged or read)";
  return text;
}

} // namespace troupe::simulation
