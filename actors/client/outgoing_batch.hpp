// A batch on its way to a partition, and what its sending comes to.
#pragma once

#include "actors/client/credit_ledger.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::client {

/// Consecutive records of one sender, with consecutive ids.
struct record_run {
  sender_key sender = no_sender;
  std::uint64_t first_id = 0;
  std::uint32_t count = 0;
  account paid_from = account::open;
  std::size_t cost_bytes = 0;
  timestamp_ms timestamp = no_timestamp; ///< of its first record
};

/// Who sent a batch: what makes it recognizable to the partition when it comes again (KIP-98).
struct batch_identity {
  producer_id id = no_producer_id;
  producer_epoch epoch{-1};
  std::int32_t base_sequence = -1;
};

/// The first `count` records, and the others, the first of which has this timestamp. What a run cost is divided by the
/// number of its records.
std::pair<std::vector<record_run>, std::vector<record_run>> split_runs(std::vector<record_run> runs, std::uint32_t count,
                                                                       timestamp_ms first_of_others);

struct outgoing_batch {
  bytes data;
  batch_identity identity; ///< as it stands in `data`
  std::uint32_t record_count = 0;
  std::vector<record_run> runs; ///< in the order of the records
  std::int64_t deadline_ms = 0;
  std::uint64_t generation = 0; ///< see producer_core::flush
};

/// A record that is the reason why its batch was refused.
struct record_refusal {
  std::uint32_t index = 0;
  std::string why;
};

struct batch_outcome {
  std::vector<record_run> runs;
  std::uint32_t record_count = 0;
  std::uint64_t generation = 0;
  offset base = no_offset;
  timestamp_ms append_time = no_timestamp; ///< only if the topic stamps records itself
  error what{}; ///< errc::none: written
  bool may_be_written = false;
  std::vector<record_refusal> refused{};
};

} // namespace troupe::client
