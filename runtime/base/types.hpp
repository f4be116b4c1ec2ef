// The numbers and names that every room shares.
#pragma once

#include "runtime/base/named.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// The position of a record in its partition; the first is 0.
using offset = named<struct offset_tag, std::int64_t>;
/// Counts the leaders that a partition has had; -1 is "not known".
using leader_epoch = named<struct leader_epoch_tag, std::int32_t>;
/// The number of a partition in its topic, from 0.
using partition_id = named<struct partition_id_tag, std::int32_t>;
/// The number of a node in its cluster.
using node_id = named<struct node_id_tag, std::int32_t>;
/// Identifies an idempotent producer; -1 is "none". See KIP-98.
using producer_id = named<struct producer_id_tag, std::int64_t>;
/// The incarnation of a producer id.
using producer_epoch = named<struct producer_epoch_tag, std::int16_t>;
/// Milliseconds since 1970 in UTC, as in a record; -1 is "none".
using timestamp_ms = named<struct timestamp_ms_tag, std::int64_t>;

constexpr offset no_offset{-1};
constexpr leader_epoch no_leader_epoch{-1};
constexpr producer_id no_producer_id{-1};
constexpr timestamp_ms no_timestamp{-1};

/// 128 bits that name a topic for ever: a topic that is deleted and made again gets another one (KIP-516).
struct topic_id {
  std::array<std::uint8_t, 16> bytes{};

  constexpr auto operator<=>(const topic_id&) const noexcept = default;
  bool is_zero() const noexcept { return *this == topic_id{}; }
  /// URL-safe base64 without padding, 22 characters, as Kafka prints it.
  std::string to_string() const;
  static std::optional<topic_id> parse(std::string_view text);

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    for (auto& b : bytes)
      archive& b;
  }
};

/// One partition, named in a way that survives the deletion of its topic.
struct topic_partition {
  topic_id topic;
  partition_id partition;

  constexpr auto operator<=>(const topic_partition&) const noexcept = default;
  std::string to_string() const { return topic.to_string() + "-" + std::to_string(partition.value()); }
};

} // namespace troupe

template <>
struct std::hash<troupe::topic_id> {
  std::size_t operator()(const troupe::topic_id& id) const noexcept {
    std::uint64_t words[2];
    std::memcpy(words, id.bytes.data(), sizeof words);
    return words[0] ^ (words[1] * 0x9e3779b97f4a7c15ull);
  }
};

template <>
struct std::hash<troupe::topic_partition> {
  std::size_t operator()(const troupe::topic_partition& tp) const noexcept {
    return std::hash<troupe::topic_id>{}(tp.topic) * 31 + static_cast<std::size_t>(tp.partition.value());
  }
};
