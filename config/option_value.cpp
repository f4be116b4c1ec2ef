#include "config/option_table.hpp"
#include "config/quantity.hpp"

#include <type_traits>

namespace troupe::config {

namespace {

std::string written(std::int64_t number, option_kind kind) {
  if (kind == option_kind::size)
    return format_size(number);
  return kind == option_kind::duration ? format_duration(number) : std::to_string(number);
}

std::string written(const raw_value& value) {
  struct visitor {
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(std::int64_t x) const { return std::to_string(x); }
    std::string operator()(const std::string& x) const { return '"' + x + '"'; }
  };
  return std::visit(visitor{}, value.content);
}

std::string join_choices(std::string_view choices) {
  std::string text;
  while (!choices.empty()) {
    auto end = choices.find(' ');
    auto last = end == std::string_view::npos;
    if (!text.empty())
      text += last ? " or " : ", ";
    text += choices.substr(0, end);
    choices = last ? std::string_view{} : choices.substr(end + 1);
  }
  return text;
}

bool is_choice(std::string_view choices, std::string_view word) {
  if (word.empty() || word.find(' ') != std::string_view::npos)
    return false;
  return (' ' + std::string{choices} + ' ').find(' ' + std::string{word} + ' ') != std::string::npos;
}

/// The number that the value stands for, for options that are numbers.
std::optional<std::int64_t> number_of(const raw_value& value, option_kind kind) {
  if (auto number = std::get_if<std::int64_t>(&value.content))
    return *number;
  auto text = std::get_if<std::string>(&value.content);
  if (text && kind == option_kind::size)
    return parse_size_bytes(*text);
  return text && kind == option_kind::duration ? parse_duration_ms(*text) : std::nullopt;
}

bool is_number(option_kind kind) {
  return kind == option_kind::integer || kind == option_kind::size || kind == option_kind::duration;
}

} // namespace

template <class Struct>
std::string option<Struct>::default_value() const {
  auto visitor = [this](auto pointer) -> std::string {
    static const Struct defaults;
    auto& value = defaults.*pointer;
    if constexpr (std::is_same_v<decltype(value), const std::string&>)
      return '"' + value + '"';
    else if constexpr (std::is_same_v<decltype(value), const bool&>)
      return value ? "true" : "false";
    else
      return static_cast<std::int64_t>(value) == INT64_MAX ? "no limit"
                                                           : written(static_cast<std::int64_t>(value), kind);
  };
  return std::visit(visitor, member);
}

template <class Struct>
std::string option<Struct>::allowed() const {
  if (kind == option_kind::choice)
    return join_choices(choices);
  if (!is_number(kind))
    return {};
  if (max == INT64_MAX)
    return "at least " + written(min, kind);
  return "from " + written(min, kind) + " to " + written(max, kind);
}

template <class Struct>
std::optional<refusal> assign(Struct& target, const option<Struct>& which, const raw_value& value) {
  auto name = "'" + std::string{which.name} + "'";
  auto wrong_type =
      refusal{name + " is " + written(value), "it must be " + std::string{describe(which.kind)}};
  auto visitor = [&](auto pointer) -> std::optional<refusal> {
    auto& to = target.*pointer;
    using type = std::remove_cvref_t<decltype(to)>;
    if constexpr (std::is_same_v<type, bool> || std::is_same_v<type, std::string>) {
      auto content = std::get_if<type>(&value.content);
      if (!content)
        return wrong_type;
      if constexpr (std::is_same_v<type, std::string>)
        if (which.kind == option_kind::choice && !is_choice(which.choices, *content))
          return refusal{name + " is " + written(value), "it must be " + which.allowed()};
      to = *content;
    } else {
      auto number = number_of(value, which.kind);
      if (!number)
        return wrong_type;
      if (*number < which.min || *number > which.max)
        return refusal{name + " is " + written(value), "it must be " + which.allowed()};
      to = static_cast<type>(*number);
    }
    return std::nullopt;
  };
  return std::visit(visitor, which.member);
}

template struct option<node_options>;
template struct option<listener_options>;
template struct option<cluster_options>;
template struct option<member_options>;
template struct option<topic_entry>;
template std::optional<refusal> assign(node_options&, const option<node_options>&, const raw_value&);
template std::optional<refusal> assign(listener_options&, const option<listener_options>&, const raw_value&);
template std::optional<refusal> assign(cluster_options&, const option<cluster_options>&, const raw_value&);
template std::optional<refusal> assign(member_options&, const option<member_options>&, const raw_value&);
template std::optional<refusal> assign(topic_entry&, const option<topic_entry>&, const raw_value&);

} // namespace troupe::config
