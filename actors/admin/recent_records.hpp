// The newest records of a topic, for a person to look at. Pure: says what to read and takes what was read.
//
// A partition is read from `limit` records below its high watermark. What one read brings is bounded, and large records
// may not leave room for all of them: then the search begins anew, half as far from the end, until the newest are there.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace troupe::admin {

/// Bytes as far as they are shown.
struct shown_bytes {
  std::string content;
  std::size_t size_bytes = 0; ///< of the whole
};

struct shown_record {
  std::int32_t partition = 0;
  offset at;
  timestamp_ms when;
  std::optional<shown_bytes> key;
  std::optional<shown_bytes> value;
  std::vector<std::pair<shown_bytes, std::optional<shown_bytes>>> headers;
};

/// Where a partition stands before the search.
struct search_start {
  std::int32_t partition = 0;
  offset log_start;
  offset high_watermark;
};

class recent_records {
public:
  static constexpr std::size_t partitions_max = 16;
  static constexpr std::size_t records_max = 100;
  static constexpr std::size_t shown_max_bytes = 1'024; ///< of a key, a value, a header
  static constexpr std::size_t headers_max = 16;
  static constexpr std::uint32_t read_max_bytes = 256 * 1024;

  recent_records(std::string topic, const std::vector<search_start>& partitions, std::size_t limit);

  struct read {
    std::size_t part = 0; ///< names it in `take`
    std::int32_t partition = 0;
    offset from;
  };
  /// The next read to order, if there is one that has not been given out.
  std::optional<read> next();
  /// The read brought these batches, whole ones in order, or failed.
  void take(std::size_t part, errc code, const std::vector<bytes>& batches);
  /// All that was asked for has come.
  bool done() const noexcept;

  const std::string& topic() const noexcept { return topic_; }
  /// {"topic":..., "records":[...]}, newest first.
  nlohmann::json to_json() const;

private:
  struct part {
    search_start start;
    offset from;
    offset reached; ///< by the last read
    bool ordered = false;
    bool done = false;
    std::vector<shown_record> found; ///< in the order of offsets
  };

  void add(part& to, std::string_view batches);

  std::string topic_;
  std::size_t limit_;
  std::vector<part> parts_;
};

} // namespace troupe::admin
