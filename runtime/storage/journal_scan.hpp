// Reads a journal from its oldest file to its end, and tells a torn tail from rot. Writes nothing.
//
// Only one group is ever being written. So if a group is not valid and a later one is, then it was whole once: that is
// rot, and it is reported and stepped over. If nothing valid follows, the write of it may have been cut short, and
// nobody was told that it was durable.
#pragma once

#include "runtime/storage/journal_format.hpp"

#include <functional>
#include <string>
#include <vector>

namespace troupe::storage {

struct journal_scan {
  struct file_state {
    journal_file_number number;
    std::string path;
    std::uint64_t size_bytes = 0;
    bool header_intact = false;
    bool has_groups = false;
  };

  journal_report report;
  std::vector<file_state> files; ///< by number
  journal_file_number last_file; ///< of the last group; 0 if there is none
  std::uint64_t end_position = 0; ///< behind the last group, in that file
  std::uint64_t last_sequence = 0;
  std::uint32_t last_session = 0;
  journal_file_number oldest_needed; ///< as the last group says
  bool last_is_seal = false;
  /// Where the next group would stand cannot be read: one may have been there.
  bool end_unreadable = false;
};

using journal_scan_entry = std::function<void(journal_file_number, const journal_entry&)>;

/// errc::wrong_format: files of another version, or of another directory than `options` says (all zeros: any).
result<journal_scan> scan_journal(file_system& fs, const journal_options& options, const journal_scan_entry& on_entry);

} // namespace troupe::storage
