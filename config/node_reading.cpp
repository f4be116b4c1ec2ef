#include "config/node_reading.hpp"

#include "config/admin_listener.hpp"
#include "config/listener.hpp"
#include "config/quantity.hpp"

#include <climits>
#include <iterator>
#include <set>
#include <utility>

namespace troupe::config {

namespace {

void append(mistakes& to, mistakes more) { std::move(more.begin(), more.end(), std::back_inserter(to)); }

/// "log.retention.ms" for a key that holds one table in another, which is how TOML reads Kafka's names.
std::string dotted_name(std::string name, const toml::node& node) {
  auto table = node.as_table();
  if (!table || table->size() != 1)
    return name;
  auto only = table->begin();
  return dotted_name(name + '.' + std::string{only->first.str()}, only->second);
}

/// Names of nodes become names of folders, and stand in lists with commas between.
bool is_plain_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  constexpr std::size_t length_max = 64;
  return !name.empty() && name.size() <= length_max && name.front() != '.' && name.front() != '-'
         && name.find_first_not_of(allowed) == name.npos;
}

} // namespace

place place_of(const toml::source_region& region, const std::string& source) {
  return {source, region.begin.line, region.begin.column};
}

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

raw_value to_raw(std::string_view text, option_kind kind) {
  if (kind == option_kind::boolean && (text == "true" || text == "false"))
    return raw_value{text == "true"};
  if (kind == option_kind::integer)
    if (auto number = parse_integer(text))
      return raw_value{*number};
  return raw_value{std::string{text}};
}

mistake unknown_key(const std::string& source, const toml::key& key, const toml::node& node,
                    const std::vector<std::string_view>& known) {
  auto name = dotted_name(std::string{key.str()}, node);
  return {place_of(key.source(), source), "unknown key '" + name + "'", suggestion(name, known)};
}

std::vector<const toml::table*> tables_of(mistakes& found, const std::string& source, std::string_view name,
                                          std::string_view under, const toml::node& node) {
  std::vector<const toml::table*> tables;
  if (auto array = node.as_array())
    for (auto& entry : *array)
      tables.push_back(entry.as_table());
  if (!tables.empty() && std::find(tables.begin(), tables.end(), nullptr) == tables.end())
    return tables;
  found.push_back({place_of(node.source(), source), "'" + std::string{name} + "' is no list of tables",
                   "write [[" + std::string{name} + "]] on a line of its own, and " + std::string{under}
                       + " under it"});
  return {};
}

place node_reading::where(std::string_view option) const {
  for (auto* places : {&set_at, &inherited})
    if (auto entry = places->find(option); entry != places->end())
      return entry->second;
  return {};
}

bool node_reading::take(const toml::key& key, const toml::node& value) {
  if (key.str() == "listeners") {
    take_listeners(value);
    set_at["listeners"] = place_of(value.source(), source);
    return true;
  }
  auto row = find_option(node_option_table(), key.str());
  if (!row)
    return false;
  take_value(found, source, options, *row, value);
  set_at[row->name] = place_of(value.source(), source);
  return true;
}

void node_reading::take_listeners(const toml::node& node) {
  options.listeners.clear();
  listener_places.clear();
  for (auto* table : tables_of(found, source, "listeners", "host = \"...\" and port = ...", node)) {
    listener_options listener;
    auto before = found.size();
    for (auto& [key, value] : *table)
      if (auto row = find_option(listener_option_table(), key.str()))
        take_value(found, source, listener, *row, value);
      else
        found.push_back(unknown_key(source, key, value, names(listener_option_table())));
    // A listener with a mistake in it would only cause others.
    if (found.size() != before)
      continue;
    options.listeners.push_back(std::move(listener));
    listener_places.push_back(place_of(table->source(), source));
  }
}

void node_reading::take_setting(std::string_view setting) {
  place at{"--set", 0, 0};
  auto equals = setting.find('=');
  auto name = setting.substr(0, equals);
  if (equals == std::string_view::npos) {
    found.push_back({at, "'" + std::string{setting} + "' has no value", "write --set NAME=VALUE"});
    return;
  }
  auto row = find_option(node_option_table(), name);
  if (!row) {
    auto of_listener = name == "listeners" || find_option(listener_option_table(), name);
    found.push_back({at, "unknown key '" + std::string{name} + "'",
                     of_listener ? "write --listen HOST:PORT for a listener"
                                 : suggestion(name, names(node_option_table()))});
    return;
  }
  if (auto wrong = assign(options, *row, to_raw(setting.substr(equals + 1), row->kind)))
    found.push_back({at, std::move(wrong->what), std::move(wrong->hint)});
  set_at[row->name] = at;
}

void node_reading::take(const overrides& changes) {
  for (auto& setting : changes.settings)
    take_setting(setting);
  if (changes.data_directory) {
    options.data_directory = *changes.data_directory;
    set_at["data_directory"] = {"--data", 0, 0};
  }
  if (changes.listeners.empty())
    return;
  options.listeners.clear();
  listener_places.clear();
  set_at["listeners"] = {"--listen", 0, 0};
  for (auto& text : changes.listeners) {
    if (auto listener = parse_listener(text, "--listen"))
      options.listeners.push_back(std::move(*listener));
    else
      append(found, std::move(listener.error()));
  }
}

void node_reading::check_cluster() {
  if (!is_plain_name(options.name))
    found.push_back({where("name"), "'name' is \"" + options.name + "\"",
                     "use up to 64 letters, digits, '.', '_' and '-', and begin with a letter or digit"});
  if (options.broker_heartbeat_interval_ms * 2 > options.broker_session_timeout_ms)
    found.push_back({said("broker_heartbeat_interval_ms") ? where("broker_heartbeat_interval_ms")
                                                          : where("broker_session_timeout_ms"),
                     "one heartbeat that is lost would end a broker's session",
                     "'broker_session_timeout_ms' must be at least twice 'broker_heartbeat_interval_ms', which is "
                         + format_duration(options.broker_heartbeat_interval_ms)});
  for (auto [name, file] : {std::pair{"tls_ca_file", &options.tls_ca_file},
                            {"tls_certificate_file", &options.tls_certificate_file},
                            {"tls_key_file", &options.tls_key_file}})
    if (file->empty() && !(options.tls_ca_file + options.tls_certificate_file + options.tls_key_file).empty()) {
      found.push_back({where("tls_ca_file"), "'" + std::string{name} + "' is missing",
                       "TLS between nodes takes tls_ca_file, tls_certificate_file and tls_key_file"});
      break;
    }
  check_peer_listener();
  check_join();
}

void node_reading::check_peer_listener() {
  if (options.peer_listener.empty())
    return;
  auto peer = parse_address(options.peer_listener);
  if (!peer)
    found.push_back({where("peer_listener"), "'peer_listener' is \"" + options.peer_listener + "\"",
                     "write HOST:PORT, such as 127.0.0.1:9192"});
  else if (peer->port == 0)
    found.push_back({where("peer_listener"), "'peer_listener' has port 0", "the other nodes must know the port"});
  else if (is_unspecified(peer->host))
    found.push_back({where("peer_listener"), "'peer_listener' is " + options.peer_listener,
                     "name the address at which the other nodes reach this one"});
  else if (!is_loopback(peer->host) && !options.has_tls())
    found.push_back({where("peer_listener"),
                     "'peer_listener' " + options.peer_listener + " of node '" + options.name
                         + "' can be reached from other machines and is not protected",
                     "name tls_directory at the top of the file, with what `troupe cert` makes in it, or listen on 127.0.0.1"});
}

void node_reading::derive_role() {
  if (options.joins() && !said("roles"))
    options.roles = "broker";
}

void node_reading::check_join() {
  if (!options.joins())
    return;
  auto say = [&](std::string_view option, std::string what, std::string hint) {
    found.push_back({where(option), std::move(what), std::move(hint)});
  };
  auto seeds = parse_addresses(options.join);
  if (!seeds)
    say("join", "'join' is \"" + options.join + "\"", "write HOST:PORT, or several with commas between them");
  for (auto& seed : seeds.value_or(std::vector<address>{})) {
    auto written = written_address(seed.host, seed.port);
    if (seed.port == 0 || is_unspecified(seed.host))
      say("join", "'join' names " + written, "name the address of another node's peer listener");
    else if (!is_loopback(seed.host) && !options.has_tls())
      say("join", "'join' names " + written + " on another machine, and the way there is not protected",
          "name tls_directory, or the three tls files, with what `troupe cert` makes");
  }
  if (options.peer_listener.empty())
    say("join", "a node with 'join' has no 'peer_listener'", "write HOST:PORT where the other nodes reach it");
  if (options.roles != "broker")
    say("roles", "a node with 'join' is no controller from the start",
        "remove 'roles'; `troupe cluster add-controller` gives it a vote when it has joined");
}

void node_reading::check() {
  if (options.data_directory.empty())
    found.push_back({where("data_directory"), "'data_directory' is empty", "name a directory"});
  if (auto admin = parse_admin_listener(options.admin_listener, where("admin_listener")); !admin)
    append(found, std::move(admin.error()));
  if (options.message_max_bytes > options.socket_request_max_bytes)
    found.push_back({where("message_max_bytes"), "'message_max_bytes' is larger than a request may be",
                     "it must be at most 'socket_request_max_bytes', which is "
                         + format_size(options.socket_request_max_bytes)});
  if (options.journal_file_bytes % static_cast<std::int64_t>(limits::block_size_bytes) != 0)
    found.push_back({where("journal_file_bytes"), "'journal_file_bytes' is no multiple of a disk block",
                     "it must be a multiple of 4KiB"});
  check_cluster();
  auto of_listeners = check_listeners(options.listeners, listener_places);
  if (!has("listeners") && !listener_places.empty())
    for (auto& wrong : of_listeners)
      wrong.hint = "write listen = \"HOST:PORT,insecure\" under this [[node]] if everybody who reaches it may read and "
                   "write everything, with ',advertised=HOST:PORT' behind it where clients need another address";
  append(found, std::move(of_listeners));
}

void put_in_order(mistakes& found) {
  std::stable_sort(found.begin(), found.end(), [](const mistake& a, const mistake& b) {
    auto order = [](const mistake& m) { return std::pair{m.where.line == 0 ? UINT_MAX : m.where.line, m.where.column}; };
    return order(a) < order(b);
  });
  // What is wrong at the top of a file is wrong for each of its nodes.
  std::set<std::string> said;
  std::erase_if(found, [&](auto& wrong) { return !said.insert(wrong.message()).second; });
}

} // namespace troupe::config
