// The name of a metadata directory, 64 bits, as the uuid that Kafka's protocol has for it: the lower half, so
// that as text it never begins with a dash, which tools would take for an option.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>
#include <optional>

namespace troupe::kafka {

inline topic_id directory_of(std::uint64_t disk) {
  topic_id id;
  for (std::size_t i = id.bytes.size(); disk != 0; disk >>= 8)
    id.bytes[--i] = static_cast<std::uint8_t>(disk);
  return id;
}

/// Nothing: no directory has that uuid. 0: none is named.
inline std::optional<std::uint64_t> disk_of(const topic_id& directory) {
  std::uint64_t disk = 0;
  for (auto byte : directory.bytes) {
    if (disk >> 56 != 0)
      return std::nullopt;
    disk = disk << 8 | byte;
  }
  return disk;
}

} // namespace troupe::kafka
