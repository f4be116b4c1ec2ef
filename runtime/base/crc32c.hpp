// CRC-32C (Castagnoli), the checksum of record batches and of every file that Troupe writes.
#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

/// The checksum of `data`, or of what came before with `data` behind it.
std::uint32_t crc32c(std::string_view data, std::uint32_t before = 0) noexcept;

} // namespace troupe
