// The offsets of a topic's partitions: where they begin and end, and which one has a time.
#pragma once

#include "actors/node/command/kafka_client.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::command {

/// The times with a meaning of their own in a ListOffsets request.
constexpr timestamp_ms latest_offset{-1};
constexpr timestamp_ms earliest_offset{-2};

/// Where to begin: the beginning, the end, an offset, so many records before the end, or a time.
struct start_point {
  enum class kind { beginning, end, at_offset, before_end, at_time };

  kind where = kind::end;
  std::int64_t number = 0; // an offset, a count or milliseconds since 1970

  bool operator==(const start_point&) const = default;
};

/// "beginning", "end", "17", "-5" (five before the end), "@1700000000000" (milliseconds since 1970) or
/// "@2026-01-31T12:00:00Z". The error's detail is a sentence.
result<start_point> parse_start(std::string_view text);

/// The offset of each partition for this time: the first record that is not older. -1: there is none. Asks
/// the leaders; again, while there is time, if they are not there.
result<std::map<partition_id, offset>> list_offsets(kafka_client& client, const topic_info& topic,
                                                    timestamp_ms time);

/// Where reading begins in each partition.
result<std::map<partition_id, offset>> resolve_start(kafka_client& client, const topic_info& topic,
                                                     const start_point& start);

} // namespace troupe::command
