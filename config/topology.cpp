#include "config/topology.hpp"

#include "config/listener.hpp"
#include "config/topology_derivation.hpp"

#include <iterator>

namespace troupe::config {

namespace {

/// What one file can describe: every node of it knows every other one.
constexpr std::size_t nodes_max = 256;

/// What is known while a file is read.
struct topology_reading {
  node_reading top;
  cluster_options cluster;
  std::vector<place> cluster_set_at;
  std::vector<member_reading> members;
  std::vector<topic_reading> topics;
  mistakes found;

  const std::string& source() const { return top.source; }
  void add(mistakes more) { std::move(more.begin(), more.end(), std::back_inserter(found)); }
};

std::vector<std::string_view> known_at_top() {
  auto known = names(node_option_table());
  for (auto name : names(cluster_option_table()))
    known.push_back(name);
  for (auto name : {"listeners", "node", "topic"})
    known.push_back(name);
  return known;
}

std::vector<std::string_view> known_in_node() {
  auto known = names(member_option_table());
  for (auto name : names(node_option_table()))
    if (name != "node_id")
      known.push_back(name);
  known.push_back("listeners");
  return known;
}

void take_member(topology_reading& state, const toml::table& table) {
  member_reading member;
  member.node.source = state.source();
  member.at = place_of(table.source(), state.source());
  member.node.options = state.top.options;
  member.node.inherited = state.top.set_at;
  auto& found = member.node.found;
  for (auto& [key, value] : table) {
    if (auto row = find_option(member_option_table(), key.str())) {
      take_value(found, state.source(), member.own, *row, value);
      member.own_set_at[row->name] = place_of(value.source(), state.source());
    } else if (key.str() == "node_id") {
      found.push_back({place_of(key.source(), state.source()), "unknown key 'node_id'", "did you mean 'id'?"});
    } else if (!member.node.take(key, value)) {
      found.push_back(unknown_key(state.source(), key, value, known_in_node()));
    }
  }
  if (!member.has_own("host"))
    member.own.host = member_options{}.host;
  if (member.has_own("listen")) {
    auto where = member.own_set_at["listen"];
    if (auto listener = parse_listener(member.own.listen, {}); !listener)
      for (auto& wrong : listener.error())
        found.push_back({where, "'listen' is \"" + member.own.listen + "\"", wrong.what + ": " + wrong.hint});
    if (member.node.has("listeners"))
      found.push_back({where, "'listen' and [[node.listeners]] both say where to listen", "remove one of them"});
  }
  state.members.push_back(std::move(member));
}

/// Leaves of tables in tables, under their dotted names: that is how TOML reads `retention.ms = "7d"`.
void take_topic_option(topology_reading& state, topic_entry& topic, const std::string& name, const toml::key& key,
                       const toml::node& node, const topic_option_reader& read) {
  if (auto table = node.as_table()) {
    for (auto& [inner, value] : *table)
      take_topic_option(state, topic, name + '.' + std::string{inner.str()}, inner, value, read);
    return;
  }
  auto raw = to_raw(node);
  if (!raw) {
    state.found.push_back({place_of(node.source(), state.source()), "'" + name + "' is " + std::string{kind_of(node)},
                           "an option of a topic is a text, a number, true or false"});
    return;
  }
  struct writer {
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(std::int64_t x) const { return std::to_string(x); }
    std::string operator()(const std::string& x) const { return x; }
  };
  if (auto value = read(name, std::visit(writer{}, raw->content)))
    topic.options.emplace_back(name, std::move(*value));
  else
    state.found.push_back({place_of(key.source(), state.source()), value.error().what, value.error().hint});
}

void take_topic(topology_reading& state, const toml::table& table, const topic_option_reader& read) {
  topic_reading topic;
  topic.at = place_of(table.source(), state.source());
  topic.replication_at = topic.at;
  for (auto& [key, value] : table) {
    if (auto row = find_option(topic_entry_table(), key.str())) {
      take_value(state.found, state.source(), topic.topic, *row, value);
      if (row->name == "replication_factor")
        topic.replication_at = place_of(value.source(), state.source());
    } else {
      take_topic_option(state, topic.topic, std::string{key.str()}, key, value, read);
    }
  }
  if (topic.topic.name.empty())
    state.found.push_back({topic.at, "a topic without a name", "write name = \"...\" under [[topic]]"});
  else
    state.topics.push_back(std::move(topic));
}

void take_top(topology_reading& state, const toml::table& table, const topology_request& request) {
  for (auto& [key, value] : table) {
    auto at = place_of(key.source(), state.source());
    if (auto row = find_option(cluster_option_table(), key.str())) {
      take_value(state.found, state.source(), state.cluster, *row, value);
      state.cluster_set_at.push_back(at);
    } else if (key.str() == "topic") {
      for (auto* topic : tables_of(state.found, state.source(), "topic", "name = \"...\"", value))
        take_topic(state, *topic, request.read_topic_option);
    } else if (key.str() != "node" && !state.top.take(key, value)) {
      if (find_option(listener_option_table(), key.str()))
        state.found.push_back({at, "'" + std::string{key.str()} + "' belongs to a listener",
                               "write [[listeners]] on a line of its own above it"});
      else
        state.found.push_back(unknown_key(state.source(), key, value, known_at_top()));
    }
  }
  // Last: nodes begin with what stands at the top.
  auto* nodes = table.get("node");
  if (!nodes)
    return;
  auto members = tables_of(state.found, state.source(), "node", "what is to hold for this one", *nodes);
  if (members.size() > nodes_max) {
    auto count = std::to_string(members.size());
    state.found.push_back({place_of(members[nodes_max]->source(), state.source()), "too many nodes, " + count,
                           "one file can describe " + std::to_string(nodes_max)});
    members.resize(nodes_max);
  }
  for (auto* member : members)
    take_member(state, *member);
}

/// What cannot hold for several nodes alike.
void check_top_of_cluster(topology_reading& state) {
  for (std::string_view name : {"node_id", "name", "peer_listener", "listeners"})
    if (state.top.has(name))
      state.found.push_back({state.top.where(name), "'" + std::string{name} + "' cannot be the same for every node",
                             name == "node_id"     ? "write id = ... under a [[node]]"
                             : name == "listeners" ? "write [[node.listeners]] below a [[node]], or listen = \"...\" in it"
                                                   : "write it under a [[node]]"});
  auto& admin = state.top.options.admin_listener;
  if (admin != "auto" && admin != "off")
    state.found.push_back({state.top.where("admin_listener"), "'admin_listener' cannot be the same for every node",
                           "write it under a [[node]], or admin_port at the top for the first of them"});
}

void read_single(topology_reading& state, const topology_request& request, topology& into) {
  auto& node = state.top;
  for (auto& at : state.cluster_set_at)
    state.found.push_back({at, "an option of a cluster, and there is no [[node]]",
                           "a node that is alone has [[listeners]], admin_listener and no peers"});
  node.take(request.changes);
  if (!node.has("name"))
    node.options.name = "n" + std::to_string(node.options.node_id);
  if (!request.data_base.empty())
    node.options.data_directory = request.data_base + "/" + node.options.name;
  node.derive_role();
  node.check();
  if (node.options.roles != "both" && !node.options.joins())
    state.found.push_back({node.where("roles"), "a node that is alone is controller and broker",
                           "remove 'roles', or describe the other nodes as well, each with a [[node]]"});
  into.nodes.push_back(node.options);
}

void read_cluster(topology_reading& state, const topology_request& request, topology& into) {
  check_top_of_cluster(state);
  derive_members(state.members, state.cluster, request.data_base);
  auto is_only = state.members.size() == 1 && request.name.empty();
  for (auto& member : state.members)
    if (is_only || member.node.options.name == request.name)
      member.node.take(request.changes);
  for (auto& member : state.members)
    member.node.derive_role();
  tell_members_of_each_other(state.members);
  for (auto& member : state.members) {
    member.node.check();
    state.add(std::move(member.node.found));
    into.nodes.push_back(member.node.options);
  }
  state.add(check_members(state.members));
  into.warnings = warnings_for(state.members);
}

} // namespace

const node_options* topology::find(std::string_view name) const {
  for (auto& node : nodes)
    if (node.name == name)
      return &node;
  return nullptr;
}

std::string topology::names() const {
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    text += (i == 0 ? "" : i + 1 == nodes.size() ? " and " : ", ") + nodes[i].name;
  return text;
}

checked<topology> parse_topology(std::string_view text, const std::string& source, const topology_request& request) {
  topology_reading state;
  state.top.source = source;
  auto parsed = parse_toml(text, source);
  state.found = std::move(parsed.found);
  take_top(state, parsed.table, request);
  topology made;
  auto is_cluster = parsed.table.contains("node");
  if (!is_cluster)
    read_single(state, request, made);
  else if (!state.members.empty())
    read_cluster(state, request, made);
  state.add(std::move(state.top.found));
  state.add(check_topics(state.topics, made.nodes));
  for (auto& topic : state.topics)
    made.topics.push_back(std::move(topic.topic));
  if (!request.name.empty() && !made.nodes.empty() && !made.find(request.name)) {
    mistake nobody;
    nobody.where.source = source;
    nobody.what = "there is no node '" + request.name + "'";
    nobody.hint = (made.nodes.size() == 1 ? "the only one is " : "there are ") + made.names();
    state.found.push_back(std::move(nobody));
  }
  put_in_order(state.found);
  if (!state.found.empty())
    return tl::unexpected(std::move(state.found));
  return made;
}

} // namespace troupe::config
