// A node's options while they are read from TOML and from the command line, and the mistakes on the way.
#pragma once

#include "config/load.hpp"
#include "config/option_table.hpp"
#include "config/toml_text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

place place_of(const toml::source_region& region, const std::string& source);

/// Nothing for what no option can be: a table, an array, a number with a fraction, a date.
std::optional<raw_value> to_raw(const toml::node& node);
/// The words for those: "a table".
std::string_view kind_of(const toml::node& node);

/// The text of an option on the command line, as the value that the option's kind asks for.
raw_value to_raw(std::string_view text, option_kind kind);

template <class Struct>
const option<Struct>* find_option(std::span<const option<Struct>> table, std::string_view name) {
  auto row = std::find_if(table.begin(), table.end(), [&](auto& candidate) { return candidate.name == name; });
  return row == table.end() ? nullptr : &*row;
}

/// Puts a value of the file into its member, or says what is wrong with it.
template <class Struct>
void take_value(mistakes& found, const std::string& source, Struct& target, const option<Struct>& which,
                const toml::node& node) {
  auto where = place_of(node.source(), source);
  auto raw = to_raw(node);
  if (!raw)
    found.push_back({where, "'" + std::string{which.name} + "' is " + std::string{kind_of(node)},
                     "it must be " + std::string{describe(which.kind)}});
  else if (auto wrong = assign(target, which, *raw))
    found.push_back({where, std::move(wrong->what), std::move(wrong->hint)});
}

/// "unknown key 'log.retention.ms'", with the one that was probably meant.
mistake unknown_key(const std::string& source, const toml::key& key, const toml::node& node,
                    const std::vector<std::string_view>& known);

/// The tables of [[name]]. `under` says what to write there, for the mistake of something else.
std::vector<const toml::table*> tables_of(mistakes& found, const std::string& source, std::string_view name,
                                          std::string_view under, const toml::node& node);

struct node_reading {
  std::string source;
  node_options options;
  /// Of the listeners in the file, in their order; empty for listeners of the command line and for derived ones.
  std::vector<place> listener_places;
  /// What was said for this node itself, and where.
  std::map<std::string_view, place> set_at;
  /// What it has from the top of the file.
  std::map<std::string_view, place> inherited;
  mistakes found;

  bool has(std::string_view option) const { return set_at.contains(option); }
  /// For this node or at the top of the file.
  bool said(std::string_view option) const { return has(option) || inherited.contains(option); }
  /// Nowhere, if it is a default.
  place where(std::string_view option) const;
  /// Takes the option, or [[listeners]], from a table. False: it is none of a node's.
  bool take(const toml::key& key, const toml::node& value);
  /// What the command line says.
  void take(const overrides& changes);
  /// Whoever joins a cluster is a broker, if nothing else is said; once everything is there.
  void derive_role();
  /// What no option can know alone; once everything is there. Listeners included.
  void check();

private:
  void take_listeners(const toml::node& node);
  void take_setting(std::string_view setting);
  void check_cluster();
  void check_peer_listener();
  void check_join();
};

/// In the order of the file, then the command line's; none of them twice.
void put_in_order(mistakes& found);

} // namespace troupe::config
