#pragma once
// Records that a writer and a verifier make alike: everything about record `number` of writer `writer` follows from
// those two numbers, so the verifier can hold what a broker returns against what must have been sent, byte for byte.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace outside {

struct made_record {
  int32_t partition = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key, value;
  /// The first one is "id" and names the record; the others may be empty or null.
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

struct record_id {
  uint32_t writer = 0;
  uint64_t number = 0;
};

/// `base_ms` is the time of the run; time stamps lie up to a second around it, in no order.
made_record make_record(record_id id, int32_t partitions, int64_t base_ms);

std::string encode(record_id id);
std::optional<record_id> decode(const void* data, size_t size);

/// The journal of one writer: a header, then an entry for each acknowledged record in the order of the reports.
struct journal_header {
  uint64_t magic = expected_magic;
  uint32_t writer = 0;
  int32_t partitions = 0;
  int64_t base_ms = 0;
  uint64_t attempted = 0; // set when the writer ends; the records that may be there are those below it
  static constexpr uint64_t expected_magic = 0x31726e6c61757254;
};

struct journal_entry {
  uint64_t number = 0;
  int64_t offset = 0;
};

} // namespace outside
