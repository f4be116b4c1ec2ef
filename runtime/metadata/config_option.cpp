#include "runtime/metadata/config_option.hpp"

#include "runtime/base/near_word.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace troupe::metadata {

namespace {

constexpr std::size_t value_max_bytes = 32'767;
/// Of a value in a message.
constexpr std::size_t quoted_max_bytes = 200;

template <class T>
std::optional<T> to_number(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-')
    text.remove_prefix(1);
  T value{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_choice(const config_option& option, std::string_view word) {
  auto choices = split_list(option.choices);
  return std::find(choices.begin(), choices.end(), word) != choices.end();
}

bool is_boolean(const config_option& option, std::string_view value) {
  for (auto choice : split_list(option.choices))
    if (equal_ignoring_case(trimmed(value), choice))
      return true;
  return false;
}

bool is_list(const config_option& option, std::string_view value) {
  auto parts = split_list(value);
  if (option.choices.empty())
    return std::none_of(parts.begin(), parts.end(), [](auto part) { return part.empty(); });
  return !parts.empty()
         && std::all_of(parts.begin(), parts.end(), [&](auto part) { return is_choice(option, part); });
}

bool is_valid(const config_option& option, std::string_view value) {
  if (value.size() > value_max_bytes)
    return false;
  switch (option.type) {
  case option_type::boolean:
    return is_boolean(option, value);
  case option_type::int32:
  case option_type::int64: {
    auto number = to_number<std::int64_t>(value);
    return number && *number >= option.least && *number <= option.most;
  }
  case option_type::float64: {
    auto number = to_number<double>(value);
    return number && *number >= static_cast<double>(option.least)
           && *number <= static_cast<double>(option.most);
  }
  case option_type::text:
    return option.choices.empty() || is_choice(option, trimmed(value));
  case option_type::list:
    return is_list(option, value);
  }
  return false;
}

} // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view{}
                            : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  if (trimmed(text).empty())
    return parts;
  for (std::size_t begin = 0;;) {
    auto end = text.find(',', begin);
    parts.push_back(trimmed(text.substr(begin, end - begin)));
    if (end == text.npos)
      return parts;
    begin = end + 1;
  }
}

std::optional<std::int64_t> to_int64(std::string_view text) { return to_number<std::int64_t>(text); }

bool to_flag(std::string_view text) { return equal_ignoring_case(trimmed(text), "true"); }

std::string allowed_values(const config_option& option) {
  switch (option.type) {
  case option_type::boolean:
    return option.choices == "false" ? "false" : "true or false";
  case option_type::int32:
  case option_type::int64:
  case option_type::float64: {
    auto text = "a number from " + std::to_string(option.least);
    return option.type == option_type::int64 && option.most == std::numeric_limits<std::int64_t>::max()
               ? text
               : text + " to " + std::to_string(option.most);
  }
  case option_type::text:
    return option.choices.empty() ? "any text" : "one of " + std::string{option.choices};
  case option_type::list:
    return option.choices.empty() ? "a comma-separated list"
                                  : "one or more of " + std::string{option.choices};
  }
  return {};
}

result<void> validate_value(const config_option& option, std::string_view value) {
  if (is_valid(option, value))
    return {};
  return fail(errc::invalid_config, std::string{option.name} + " = "
                                        + std::string{value.substr(0, quoted_max_bytes)} + ": must be "
                                        + allowed_values(option));
}

std::string near_option(std::string_view wanted, const std::vector<std::string_view>& names) {
  auto near = near_word(wanted, names);
  return near.empty() ? std::string{} : ", did you mean " + std::string{near} + "?";
}

} // namespace troupe::metadata
