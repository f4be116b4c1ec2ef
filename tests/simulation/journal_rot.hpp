// Where the groups of a stopped node's journal lie, so that one of them can rot.
#pragma once

#include "runtime/simulated/simulated_file_system.hpp"
#include "runtime/storage/journal_format.hpp"

#include <vector>

namespace troupe::simulation {

struct journal_group {
  std::string file;
  std::uint64_t position = 0;
  std::uint64_t sequence = 0;
  std::uint64_t length_bytes = 0;
  std::vector<storage::journal_entry_header> entries;
};

/// In the order in which they were written, for a journal in which nothing is damaged.
std::vector<journal_group> groups_in_journal(const test::simulated_file_system& disk,
                                             const std::string& directory);

} // namespace troupe::simulation
