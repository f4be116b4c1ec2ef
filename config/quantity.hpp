// Sizes and durations as people write them: "64MiB", "7d".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::config {

/// A plain number, or one with B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024);
/// whole, or with a fraction that comes to whole bytes ("1.5GiB"). Nothing for everything else, overflow
/// included.
std::optional<std::int64_t> parse_size_bytes(std::string_view text);

/// A plain number of milliseconds, or one with ms, s, m, h, d or w.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

/// A whole number with an optional sign, and nothing behind it.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// In the largest unit that comes out whole: 65536 -> "64KiB", 604800000 -> "7d"; -1 and 0 stay as they are.
std::string format_size(std::int64_t bytes);
std::string format_duration(std::int64_t ms);

} // namespace troupe::config
