// What clients hear from the node, as checkers see it. `before` is what was known when the question was
// asked: the answer may be newer, but never older.
#pragma once

#include "tests/simulation/ledger.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::simulation {

/// A partition's facts at a moment, without its records.
struct snapshot {
  std::int64_t acknowledged_end = 0;
  std::int64_t high_watermark = 0;
  std::int64_t log_start = 0;
};

/// A batch was acknowledged.
struct batch_acknowledged {
  place where;
  std::int64_t base = 0; ///< -1: the node did not say where
  std::vector<record_number> records;
  snapshot before;
};

struct read_record {
  std::int64_t offset = 0;
  std::optional<record_number> number; ///< nothing: nobody wrote this, or it is damaged
  std::string key;
  timestamp_ms time;
  std::int32_t epoch = -1; ///< of the leader that took it
};

/// A partition's part of an answer to Fetch.
struct records_read {
  place where;
  int reader = 0;
  std::int64_t from = 0; ///< the offset that was asked for
  std::int64_t high_watermark = 0;
  std::int64_t log_start = 0;
  bool checksums_good = true;
  std::vector<read_record> records;
  snapshot before;
};

/// An answer to ListOffsets.
struct offset_found {
  place where;
  std::int64_t asked = 0; ///< a timestamp, or one of list_offset's constants
  std::int64_t offset = -1;
  std::int64_t time = -1;
  snapshot before;
  bool may_shrink = false; ///< records go meanwhile
};

/// Records were deleted.
struct records_deleted {
  place where;
  std::int64_t before_offset = 0; ///< that was asked for; -1: all
  std::int64_t low_watermark = 0;
  snapshot before;
};

/// Everything that a partition holds, read while nobody wrote.
struct partition_drained {
  place where;
  std::int64_t log_start = 0;
  std::int64_t high_watermark = 0;
  std::vector<read_record> records;
};

/// A producer was given its id.
struct producer_id_given {
  std::int64_t id = 0;
  int producer = 0;
};

/// The topics that the node knows, while nobody changed them.
struct topics_listed {
  struct entry {
    topic_id id;
    std::size_t partitions = 0;
  };
  std::map<std::string, entry> topics;
};

} // namespace troupe::simulation
