#include "config/quantity.hpp"

#include <array>
#include <charconv>
#include <span>

namespace troupe::config {

namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::int64_t thousand = 1000;
constexpr std::int64_t binary = 1024;

constexpr std::array size_units{
    unit{"TiB", binary* binary* binary* binary},
    unit{"GiB", binary* binary* binary},
    unit{"MiB", binary* binary},
    unit{"KiB", binary},
    unit{"TB", thousand* thousand* thousand* thousand},
    unit{"GB", thousand* thousand* thousand},
    unit{"MB", thousand* thousand},
    unit{"KB", thousand},
    unit{"kB", thousand},
    unit{"B", 1},
};

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t day_ms = 24 * 60 * 60 * second_ms;

constexpr std::array duration_units{
    unit{"w", 7 * day_ms},     unit{"d", day_ms},    unit{"h", 60 * 60 * second_ms},
    unit{"m", 60 * second_ms}, unit{"s", second_ms}, unit{"ms", 1},
};

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

/// `number` times `factor`, where the number may have up to six digits behind its point.
std::optional<std::int64_t> scaled(std::string_view number, std::int64_t factor) {
  auto point = number.find('.');
  auto whole = parse_integer(number.substr(0, point));
  std::int64_t total = 0;
  if (!whole || __builtin_mul_overflow(*whole, factor, &total))
    return std::nullopt;
  if (point == std::string_view::npos)
    return total;
  auto digits = number.substr(point + 1);
  if (digits.empty() || digits.size() > 6 || *whole < 0)
    return std::nullopt;
  std::int64_t fraction = 0;
  std::int64_t parts = 1;
  for (char digit : digits) {
    if (digit < '0' || digit > '9')
      return std::nullopt;
    fraction = fraction * 10 + (digit - '0');
    parts *= 10;
  }
  std::int64_t product = 0;
  if (__builtin_mul_overflow(fraction, factor, &product) || product % parts != 0
      || __builtin_add_overflow(total, product / parts, &total))
    return std::nullopt;
  return total;
}

std::optional<std::int64_t> parse_quantity(std::string_view text, std::span<const unit> units) {
  text = without_spaces(text);
  auto number_end = text.find_first_not_of("+-0123456789.");
  auto suffix =
      number_end == std::string_view::npos ? std::string_view{} : without_spaces(text.substr(number_end));
  auto number = without_spaces(text.substr(0, number_end));
  if (suffix.empty())
    return scaled(number, 1);
  for (auto& candidate : units)
    if (suffix == candidate.name)
      return scaled(number, candidate.factor);
  return std::nullopt;
}

std::string format_quantity(std::int64_t value, std::span<const unit> units) {
  for (auto& candidate : units)
    if (value > 0 && value % candidate.factor == 0)
      return std::to_string(value / candidate.factor) + std::string{candidate.name};
  return std::to_string(value);
}

} // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  std::int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_size_bytes(std::string_view text) {
  return parse_quantity(text, size_units);
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  return parse_quantity(text, duration_units);
}

std::string format_size(std::int64_t bytes) {
  auto binary_units = std::span{size_units}.first(4);
  return format_quantity(bytes, binary_units);
}

std::string format_duration(std::int64_t ms) {
  // A week reads better as seven days.
  return format_quantity(ms, std::span{duration_units}.subspan(1));
}

} // namespace troupe::config
