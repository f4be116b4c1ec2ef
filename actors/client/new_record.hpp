// A record on its way to a producer.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/types.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::client {

/// Of a record whose partition the producer chooses: by the hash of its key, as Kafka's clients do (murmur2); without a
/// key, all records of a batch go to one partition, those of the next batch to the next.
constexpr partition_id any_partition{-1};

struct new_header {
  std::string key;
  std::optional<bytes> value; ///< nothing is Kafka's null
};

/// Owns nothing that it does not share: `bytes` are ref-counted and immutable, and stay as they are until the record's
/// delivery has been reported. The same bytes may be in many records at once.
struct new_record {
  std::optional<bytes> key;   ///< nothing is Kafka's null
  std::optional<bytes> value; ///< nothing is Kafka's null: in a compacted topic, the deletion of the key
  std::vector<new_header> headers;
  timestamp_ms timestamp = no_timestamp; ///< no_timestamp: when the producer takes it
  partition_id partition = any_partition;
};

/// Copies the text.
new_record make_record(std::string_view value);
new_record make_record(std::string_view key, std::string_view value);

/// What a record takes of a sender's credit (see producer.hpp): its contents and a little for its frame.
std::size_t credit_cost_bytes(const new_record& record) noexcept;

} // namespace troupe::client
