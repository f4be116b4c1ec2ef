#include "runtime/record/partitioner.hpp"

namespace troupe::record {

std::uint32_t murmur2(std::string_view data) noexcept {
  constexpr std::uint32_t multiplier = 0x5bd1e995;
  constexpr std::uint32_t seed = 0x9747b28c;
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(data[i])); };
  auto hash = seed ^ static_cast<std::uint32_t>(data.size());
  std::size_t at = 0;
  for (; at + 4 <= data.size(); at += 4) {
    auto word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    word *= multiplier;
    word ^= word >> 24;
    hash = hash * multiplier ^ word * multiplier;
  }
  if (at < data.size()) {
    for (auto i = data.size(); i > at; --i)
      hash ^= byte(i - 1) << 8 * (i - 1 - at);
    hash *= multiplier;
  }
  hash ^= hash >> 13;
  hash *= multiplier;
  return hash ^ hash >> 15;
}

partition_id partition_of_key(std::string_view key, std::int32_t partition_count) noexcept {
  return partition_id{
      static_cast<std::int32_t>((murmur2(key) & 0x7fffffff) % static_cast<std::uint32_t>(partition_count))};
}

partition_id partitioner::choose(std::optional<std::string_view> key) const noexcept {
  return key ? partition_of_key(*key, count_) : partition_id{sticky_};
}

} // namespace troupe::record
