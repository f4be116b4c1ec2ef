// One JSON object on one line, for scripts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

bool is_utf8(std::string_view text) noexcept;
std::string to_base64(std::string_view data);
/// With its quotes. What is not UTF-8 is taken as Latin-1.
std::string to_json_string(std::string_view text);

class json_line {
public:
  json_line& text(std::string_view name, std::string_view value);
  /// Bytes that are text for the most part: under the name itself, or null; what is not UTF-8 goes under
  /// NAME_base64.
  json_line& bytes(std::string_view name, std::optional<std::string_view> value);
  json_line& number(std::string_view name, std::int64_t value);
  json_line& real(std::string_view name, double value);
  json_line& boolean(std::string_view name, bool value);
  json_line& numbers(std::string_view name, const std::vector<std::int32_t>& values);
  /// JSON that is written already.
  json_line& raw(std::string_view name, std::string_view json);

  /// "{...}", without the end of the line.
  std::string str() const { return text_ + "}"; }

private:
  std::string& key(std::string_view name);

  std::string text_ = "{";
};

/// "[a,b]" of objects or values that are JSON already.
std::string to_json_array(const std::vector<std::string>& items);

} // namespace troupe::command
