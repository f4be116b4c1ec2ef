// Reads a durable log's segments, and tells a torn tail, which may be cut, from damage, which may not. Writes nothing.
#pragma once

#include "runtime/storage/durable_log_format.hpp"

#include <deque>
#include <string>
#include <vector>

namespace troupe::storage {

struct durable_log_scan {
  struct segment {
    std::uint64_t number = 0;
    std::uint64_t max_index = 0; ///< of any entry in it
  };

  std::vector<segment> segments;
  /// The newest file, if its creation was not completed: it holds nothing.
  std::string unfinished;
  std::uint64_t end_position = 0; ///< behind the last group, in the last segment
  std::uint64_t next_sequence = 1;
  std::uint64_t next_number = 1;
  bool last_is_seal = false;
  std::deque<durable_entry> entries;
  std::uint64_t next_index = 0; ///< 0: no entry and no mark says what it is
  std::string cut;              ///< a sentence, if the last group was not written to its end
};

/// errc::corrupt with file and position; errc::wrong_format.
result<durable_log_scan> scan_durable_log(file_system& fs, const std::string& directory);

} // namespace troupe::storage
