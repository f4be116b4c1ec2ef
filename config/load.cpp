#include "config/load.hpp"

#include "config/admin_listener.hpp"
#include "config/listener.hpp"
#include "config/option_table.hpp"
#include "config/quantity.hpp"
#include "config/toml_text.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>

namespace troupe::config {

namespace {

/// What is known while the mistakes are collected.
struct loading {
  std::string source;
  node_options options;
  std::vector<place> listener_places;
  std::map<std::string_view, place> set_at;
  mistakes found;
};

place place_of(const toml::source_region& region, const std::string& source) {
  return {source, region.begin.line, region.begin.column};
}

/// The words for a value that no option can have.
std::string_view kind_of(const toml::node& node) {
  if (node.is_table())
    return "a table";
  if (node.is_array())
    return "an array";
  return node.is_floating_point() ? "a number with a fraction" : "a date or time";
}

std::optional<raw_value> to_raw(const toml::node& node) {
  if (auto boolean = node.as_boolean())
    return raw_value{boolean->get()};
  if (auto integer = node.as_integer())
    return raw_value{integer->get()};
  if (auto text = node.as_string())
    return raw_value{text->get()};
  return std::nullopt;
}

template <class Struct>
const option<Struct>* find_option(std::span<const option<Struct>> table, std::string_view name) {
  auto row =
      std::find_if(table.begin(), table.end(), [&](auto& candidate) { return candidate.name == name; });
  return row == table.end() ? nullptr : &*row;
}

template <class Struct>
void take_value(loading& state, Struct& target, const option<Struct>& which, const toml::node& node) {
  auto where = place_of(node.source(), state.source);
  auto raw = to_raw(node);
  if (!raw) {
    state.found.push_back({where, "'" + std::string{which.name} + "' is " + std::string{kind_of(node)},
                           "it must be " + std::string{describe(which.kind)}});
    return;
  }
  if (auto wrong = assign(target, which, *raw))
    state.found.push_back({where, std::move(wrong->what), std::move(wrong->hint)});
}

/// "log.retention.ms" for a key that holds one table in another, which is how TOML reads Kafka's names.
std::string dotted_name(std::string name, const toml::node& node) {
  auto table = node.as_table();
  if (!table || table->size() != 1)
    return name;
  auto only = table->begin();
  return dotted_name(name + '.' + std::string{only->first.str()}, only->second);
}

void unknown_key(loading& state, const toml::key& key, const toml::node& node,
                 const std::vector<std::string_view>& known) {
  auto name = dotted_name(std::string{key.str()}, node);
  state.found.push_back(
      {place_of(key.source(), state.source), "unknown key '" + name + "'", suggestion(name, known)});
}

void take_listener(loading& state, const toml::table& table) {
  listener_options listener;
  auto before = state.found.size();
  for (auto& [key, value] : table) {
    if (auto row = find_option(listener_option_table(), key.str()))
      take_value(state, listener, *row, value);
    else
      unknown_key(state, key, value, names(listener_option_table()));
  }
  // A listener with a mistake in it would only cause others.
  if (state.found.size() != before)
    return;
  state.options.listeners.push_back(std::move(listener));
  state.listener_places.push_back(place_of(table.source(), state.source));
}

void take_listeners(loading& state, const toml::node& node) {
  auto array = node.as_array();
  auto all_tables = array && !array->empty() && std::all_of(array->begin(), array->end(), [](auto& entry) {
                      return entry.is_table();
                    });
  if (!all_tables) {
    state.found.push_back(
        {place_of(node.source(), state.source), "'listeners' is no list of tables",
         "write [[listeners]] on a line of its own, and host = \"...\" and port = ... under it"});
    return;
  }
  state.options.listeners.clear();
  for (auto& entry : *array)
    take_listener(state, *entry.as_table());
}

void take_table(loading& state, const toml::table& table) {
  auto known = names(node_option_table());
  known.push_back("listeners");
  for (auto& [key, value] : table) {
    if (key.str() == "listeners") {
      take_listeners(state, value);
    } else if (auto row = find_option(node_option_table(), key.str())) {
      take_value(state, state.options, *row, value);
      state.set_at[row->name] = place_of(value.source(), state.source);
    } else if (find_option(listener_option_table(), key.str())) {
      state.found.push_back({place_of(key.source(), state.source),
                             "'" + std::string{key.str()} + "' belongs to a listener",
                             "write [[listeners]] on a line of its own above it"});
    } else {
      unknown_key(state, key, value, known);
    }
  }
}

/// The text of --set, as the value that the option's kind asks for.
raw_value to_raw(std::string_view text, option_kind kind) {
  if (kind == option_kind::boolean && (text == "true" || text == "false"))
    return raw_value{text == "true"};
  if (kind == option_kind::integer)
    if (auto number = parse_integer(text))
      return raw_value{*number};
  return raw_value{std::string{text}};
}

void take_setting(loading& state, std::string_view setting) {
  place where{"--set", 0, 0};
  auto equals = setting.find('=');
  auto name = setting.substr(0, equals);
  if (equals == std::string_view::npos) {
    state.found.push_back({where, "'" + std::string{setting} + "' has no value", "write --set NAME=VALUE"});
    return;
  }
  auto row = find_option(node_option_table(), name);
  if (!row) {
    auto of_listener = name == "listeners" || find_option(listener_option_table(), name);
    state.found.push_back({where, "unknown key '" + std::string{name} + "'",
                           of_listener ? "write --listen HOST:PORT for a listener"
                                       : suggestion(name, names(node_option_table()))});
    return;
  }
  if (auto wrong = assign(state.options, *row, to_raw(setting.substr(equals + 1), row->kind)))
    state.found.push_back({where, std::move(wrong->what), std::move(wrong->hint)});
  state.set_at[row->name] = where;
}

void take_overrides(loading& state, const overrides& changes) {
  for (auto& setting : changes.settings)
    take_setting(state, setting);
  if (changes.data_directory)
    state.options.data_directory = *changes.data_directory;
  if (changes.listeners.empty())
    return;
  state.options.listeners.clear();
  state.listener_places.clear();
  for (auto& text : changes.listeners) {
    if (auto listener = parse_listener(text, "--listen"))
      state.options.listeners.push_back(std::move(*listener));
    else
      std::move(listener.error().begin(), listener.error().end(), std::back_inserter(state.found));
  }
}

/// What no option can know alone.
void check_relations(loading& state) {
  auto& options = state.options;
  auto where = [&](std::string_view name) {
    auto entry = state.set_at.find(name);
    return entry == state.set_at.end() ? place{} : entry->second;
  };
  if (options.data_directory.empty())
    state.found.push_back({where("data_directory"), "'data_directory' is empty", "name a directory"});
  if (auto admin = parse_admin_listener(options.admin_listener, where("admin_listener")); !admin)
    std::move(admin.error().begin(), admin.error().end(), std::back_inserter(state.found));
  if (options.message_max_bytes > options.socket_request_max_bytes)
    state.found.push_back({where("message_max_bytes"), "'message_max_bytes' is larger than a request may be",
                           "it must be at most 'socket_request_max_bytes', which is "
                               + format_size(options.socket_request_max_bytes)});
  if (options.journal_file_bytes % static_cast<std::int64_t>(limits::block_size_bytes) != 0)
    state.found.push_back({where("journal_file_bytes"), "'journal_file_bytes' is no multiple of a disk block",
                           "it must be a multiple of 4KiB"});
}

/// The whole file, or nothing with errno set.
std::optional<std::string> read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"), std::fclose};
  if (!file)
    return std::nullopt;
  std::string text;
  char part[4096];
  while (auto size = std::fread(part, 1, sizeof part, file.get()))
    text.append(part, size);
  if (std::ferror(file.get()) != 0)
    return std::nullopt;
  return text;
}

} // namespace

checked<node_options> parse_node_options(std::string_view text, const std::string& source,
                                         const overrides& changes) {
  loading state;
  state.source = source;
  auto parsed = parse_toml(text, source);
  state.found = std::move(parsed.found);
  take_table(state, parsed.table);
  take_overrides(state, changes);
  check_relations(state);
  auto of_listeners = check_listeners(state.options.listeners, state.listener_places);
  std::move(of_listeners.begin(), of_listeners.end(), std::back_inserter(state.found));
  if (state.found.empty())
    return std::move(state.options);
  // The file's in its order, then the command line's.
  std::stable_sort(state.found.begin(), state.found.end(), [](const mistake& a, const mistake& b) {
    auto order = [](const mistake& m) {
      return std::pair{m.where.line == 0 ? UINT_MAX : m.where.line, m.where.column};
    };
    return order(a) < order(b);
  });
  return tl::unexpected(std::move(state.found));
}

checked<node_options> load_node_options(const std::string& path, const overrides& changes) {
  if (path.empty())
    return parse_node_options({}, {}, changes);
  auto text = read_file(path);
  if (!text) {
    mistake unreadable;
    unreadable.what = "cannot read " + path;
    unreadable.hint = std::strerror(errno);
    return refuse(std::move(unreadable));
  }
  return parse_node_options(*text, path, changes);
}

} // namespace troupe::config
