// Looking for a record inside of one batch, compressed or not, without holding its records in memory.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/batch_view.hpp"
#include "runtime/record/compression.hpp"

#include <optional>

namespace troupe::record {

struct record_position {
  troupe::offset offset;
  timestamp_ms timestamp;

  friend bool operator==(const record_position&, const record_position&) = default;
};

/// The first record at or behind `from` whose time is `earliest` or later, as ListOffsets by time wants it.
/// Errors: invalid_record if the records are damaged, too_large, unsupported_compression.
result<std::optional<record_position>> find_by_time(const batch_view& batch, timestamp_ms earliest,
                                                    offset from, decompression_budget& budget);

/// The first of the records that have the largest time of those at or behind `from`. Errors as above; nothing
/// if there is no record.
result<std::optional<record_position>> find_max_timestamp(const batch_view& batch, decompression_budget& budget,
                                                          offset from = offset{0});

} // namespace troupe::record
