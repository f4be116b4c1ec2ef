// Which partition a record goes to, as Kafka's Java client chooses it.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::record {

/// MurmurHash2 of 32 bits with Kafka's seed.
std::uint32_t murmur2(std::string_view data) noexcept;

/// Where records with this key go, as long as there are so many partitions.
partition_id partition_of_key(std::string_view key, std::int32_t partition_count) noexcept;

class partitioner {
public:
  /// Without a key records stay with one partition until `next_batch`.
  explicit partitioner(std::int32_t partition_count) noexcept : count_(partition_count) {}

  partition_id choose(std::optional<std::string_view> key) const noexcept;
  /// Records without a key go to the next partition from now on.
  void next_batch() noexcept { sticky_ = (sticky_ + 1) % count_; }

private:
  std::int32_t count_;
  std::int32_t sticky_ = 0;
};

} // namespace troupe::record
