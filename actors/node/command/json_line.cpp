#include "actors/node/command/json_line.hpp"

#include "runtime/wire/json.hpp"

#include <cmath>
#include <cstdio>

namespace troupe::command {

namespace {

/// The bytes of the UTF-8 sequence at the front, or 0 if there is none. Overlong forms, surrogates and what
/// lies beyond U+10FFFF are none.
std::size_t sequence_size(std::string_view text) noexcept {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto first = byte(0);
  if (first < 0x80)
    return 1;
  auto size = first >= 0xf0 ? 4u : first >= 0xe0 ? 3u : 2u;
  if (first < 0xc2 || first > 0xf4 || text.size() < size)
    return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  auto second = byte(1);
  auto is_bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)
                || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return is_bad ? 0 : size;
}

} // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    auto size = sequence_size(text);
    if (size == 0)
      return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string to_base64(std::string_view data) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((data.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t group = 0;
    auto count = data.size() - i < 3 ? data.size() - i : 3;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(data[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string to_json_string(std::string_view text) {
  std::string out;
  wire::append_json_string(out, text);
  return out;
}

std::string& json_line::key(std::string_view name) {
  if (text_.size() > 1)
    text_ += ',';
  wire::append_json_string(text_, name);
  return text_ += ':';
}

json_line& json_line::text(std::string_view name, std::string_view value) {
  wire::append_json_string(key(name), value);
  return *this;
}

json_line& json_line::bytes(std::string_view name, std::optional<std::string_view> value) {
  if (!value)
    key(name) += "null";
  else if (is_utf8(*value))
    text(name, *value);
  else
    text(std::string{name} + "_base64", to_base64(*value));
  return *this;
}

json_line& json_line::number(std::string_view name, std::int64_t value) {
  key(name) += std::to_string(value);
  return *this;
}

json_line& json_line::real(std::string_view name, double value) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.6g", std::isfinite(value) ? value : 0.0);
  key(name) += digits;
  return *this;
}

json_line& json_line::boolean(std::string_view name, bool value) {
  key(name) += value ? "true" : "false";
  return *this;
}

json_line& json_line::numbers(std::string_view name, const std::vector<std::int32_t>& values) {
  std::vector<std::string> items;
  for (auto value : values)
    items.push_back(std::to_string(value));
  return raw(name, to_json_array(items));
}

json_line& json_line::raw(std::string_view name, std::string_view json) {
  key(name) += json;
  return *this;
}

std::string to_json_array(const std::vector<std::string>& items) {
  std::string text = "[";
  for (auto& item : items)
    text += (text.size() > 1 ? "," : "") + item;
  return text + "]";
}

} // namespace troupe::command
