// A record on its way to a producer, and what became of it.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <cstddef>
#include <cstdint>
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
  std::optional<bytes> value{}; ///< nothing is Kafka's null
};

/// Owns nothing that it does not share: `bytes` are ref-counted and immutable, and stay as they are until the record's
/// delivery has been reported. The same bytes may be in many records at once.
struct new_record {
  std::optional<bytes> key{};   ///< nothing is Kafka's null
  std::optional<bytes> value{}; ///< nothing is Kafka's null: in a compacted topic, the deletion of the key
  std::vector<new_header> headers{};
  timestamp_ms timestamp = no_timestamp; ///< no_timestamp: when the producer takes it
  partition_id partition = any_partition;
};

/// Copies the text.
new_record make_record(std::string_view value);
new_record make_record(std::string_view key, std::string_view value);

/// What a record takes of a sender's credit (see producer.hpp): its contents and a little for its frame.
std::size_t credit_cost_bytes(const new_record& record) noexcept;

/// What became of `count` records that one sender sent with the ids first_id, first_id + 1, ...
struct delivery {
  std::uint64_t first_id = 0;
  std::uint32_t count = 0;
  partition_id partition = any_partition; ///< any_partition: none was chosen before the failure
  offset base_offset = no_offset;         ///< of the first one; the others follow it without a gap
  /// Of the first one: when it was appended, if the topic says so, otherwise its own. Of a failure: none.
  timestamp_ms timestamp = no_timestamp;
  error what{}; ///< errc::none: written
  /// Of a failure: the records may be in the topic nevertheless, because an answer was lost. False: they are not.
  bool may_be_written = false;

  bool is_written() const noexcept { return what.code == errc::none; }
};

} // namespace troupe::client
