// One row for each option: what parsing, range checks, `troupe config list` and the documentation know of it.
#pragma once

#include "config/cluster_options.hpp"
#include "config/node_options.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::config {

enum class option_kind { boolean, integer, size, duration, text, choice };

/// The words for a kind: "an integer", "a size in bytes, such as 1048576 or \"1MiB\"".
std::string_view describe(option_kind kind) noexcept;

/// An option of `Struct`. The default is what a new `Struct` has in that member.
template <class Struct>
struct option {
  std::string_view name;
  option_kind kind;
  std::variant<bool Struct::*, std::uint16_t Struct::*, std::int32_t Struct::*, std::int64_t Struct::*,
               std::string Struct::*>
      member;
  /// Both ends are allowed. Only for numbers.
  std::int64_t min;
  std::int64_t max;
  /// What may be written, separated by one space each. Only for a choice.
  std::string_view choices;
  std::string_view sentence;

  std::string default_value() const;
  /// "1 to 20000", "4KiB to 1GiB", "CreateTime or LogAppendTime"; empty if everything goes.
  std::string allowed() const;
};

std::span<const option<node_options>> node_option_table() noexcept;
std::span<const option<listener_options>> listener_option_table() noexcept;
std::span<const option<cluster_options>> cluster_option_table() noexcept;
std::span<const option<member_options>> member_option_table() noexcept;
/// Without the options of a topic, which have their own table and names: runtime/metadata.
std::span<const option<topic_entry>> topic_entry_table() noexcept;

/// A value as it was written, before it is known which option it is for.
struct raw_value {
  std::variant<bool, std::int64_t, std::string> content;
};

/// What is wrong with a value: "'num_partitions' is 0" and "it must be from 1 to 20000".
struct refusal {
  std::string what;
  std::string hint;
};

/// Puts the value into its member, or says why not and changes nothing.
template <class Struct>
std::optional<refusal> assign(Struct& target, const option<Struct>& which, const raw_value& value);

/// A row in words, as listings show it.
struct listed_option {
  std::string name;
  std::string default_value; // "7d", "\"info\""
  std::string unit;          // "ms", "bytes", "true or false", "number", "text" or "word"
  std::string allowed;       // as option::allowed(): empty if everything goes
  std::string sentence;

  bool operator==(const listed_option&) const = default;
};

/// Those at the top of the file, of a listener, of a cluster, of a [[node]] and of a [[topic]].
std::vector<listed_option> list_node_options();
std::vector<listed_option> list_listener_options();
std::vector<listed_option> list_cluster_options();
std::vector<listed_option> list_member_options();
std::vector<listed_option> list_topic_entry_options();

template <class Struct>
std::vector<std::string_view> names(std::span<const option<Struct>> table) {
  std::vector<std::string_view> all;
  for (auto& row : table)
    all.push_back(row.name);
  return all;
}

} // namespace troupe::config
