#include "config/topology_derivation.hpp"

#include "config/admin_listener.hpp"
#include "config/listener.hpp"
#include "config/quantity.hpp"

#include <algorithm>
#include <climits>

namespace troupe::config {

namespace {

constexpr std::size_t replicas_by_default = 3;

/// 2 of "n2"; nothing if the name does not end in a number that can be an id.
std::optional<std::int32_t> number_at_end(std::string_view name) {
  auto last = name.find_last_not_of("0123456789");
  auto digits = name.substr(last == name.npos ? 0 : last + 1);
  auto number = parse_integer(digits);
  return number && *number <= INT32_MAX ? std::optional{static_cast<std::int32_t>(*number)} : std::nullopt;
}

/// Most clusters want one, three or five voters: enough that some may be missing, and no tie.
std::size_t voters_among(std::size_t nodes) { return nodes < 3 ? 1 : nodes < 5 ? 3 : 5; }

void derive_roles(std::vector<member_reading>& members) {
  auto anybody_says = std::any_of(members.begin(), members.end(), [](auto& m) { return m.node.said("roles"); });
  for (auto i = voters_among(members.size()); i < members.size() && !anybody_says; ++i)
    members[i].node.options.roles = "broker";
}

void derive_replication(std::vector<member_reading>& members) {
  auto brokers = std::count_if(members.begin(), members.end(), [](auto& m) { return m.node.options.is_broker(); });
  for (auto& member : members) {
    auto& node = member.node;
    if (brokers > 0 && !node.said("default_replication_factor"))
      node.options.default_replication_factor =
          static_cast<std::int32_t>(std::min<std::size_t>(static_cast<std::size_t>(brokers), replicas_by_default));
  }
}

/// The port of the `place`-th node of a host; 0, which is refused, if there is none.
std::uint16_t port_from(std::int32_t first, std::size_t place) {
  auto port = static_cast<std::size_t>(first) + place;
  return port > UINT16_MAX ? 0 : static_cast<std::uint16_t>(port);
}

/// How many nodes of a host have an address of this kind already.
struct host_count {
  std::size_t nodes = 0;
  std::size_t brokers = 0;
};

void derive_addresses(member_reading& member, const cluster_options& cluster, host_count& before, bool is_alone) {
  auto place = before.nodes++;
  auto& node = member.node;
  auto& options = node.options;
  auto& host = member.own.host;
  if (member.has_own("listen")) {
    if (auto listener = parse_listener(member.own.listen, {})) {
      options.listeners = {*listener};
      node.listener_places = {member.where("listen")};
    }
  } else if (!options.is_broker()) {
    if (!node.has("listeners"))
      options.listeners.clear();
  } else if (auto broker = before.brokers++; !node.has("listeners")) {
    options.listeners = {listener_options{host, port_from(cluster.kafka_port, broker), {}, 0, false}};
    node.listener_places = {member.where("host")};
  }
  if (!node.has("peer_listener") && !is_alone)
    options.peer_listener = written_address(host, port_from(cluster.peer_port, place));
  if (options.admin_listener == admin_listener_auto)
    // Nobody has said that strangers may read what is on these pages.
    options.admin_listener = written_address(is_loopback(host) ? host : "127.0.0.1", port_from(cluster.admin_port, place));
}

void fill_in(std::string& file, const node_options& node) {
  for (auto& [word, value] : {std::pair<std::string_view, std::string>{"{name}", node.name},
                              {"{id}", std::to_string(node.node_id)}})
    for (auto at = file.find(word); at != file.npos; at = file.find(word, at + value.size()))
      file.replace(at, word.size(), value);
}

void derive_tls(member_reading& member, const cluster_options& cluster) {
  auto& options = member.node.options;
  auto own = options.tls_ca_file + options.tls_certificate_file + options.tls_key_file;
  if (own.empty() && !cluster.tls_directory.empty()) {
    options.tls_ca_file = cluster.tls_directory + "/ca.pem";
    options.tls_certificate_file = cluster.tls_directory + "/node-{id}.pem";
    options.tls_key_file = cluster.tls_directory + "/node-{id}.key";
  }
  for (auto* file : {&options.tls_ca_file, &options.tls_certificate_file, &options.tls_key_file})
    fill_in(*file, options);
}

std::string ordinal(const member_reading& member) {
  return "node '" + member.node.options.name + "' at line " + std::to_string(member.at.line);
}

/// An address that a member listens on.
struct taken_address {
  address where;
  std::string text;
  std::string_view option;
};

std::vector<taken_address> addresses_of(const node_options& node) {
  std::vector<taken_address> all;
  for (auto& listener : node.listeners)
    all.push_back({{listener.host, listener.port}, to_string(listener), "listeners"});
  if (auto peer = parse_address(node.peer_listener))
    all.push_back({*peer, node.peer_listener, "peer_listener"});
  if (auto admin = parse_admin_listener(node.admin_listener, {}); admin && *admin)
    all.push_back({{(*admin)->host, (*admin)->port}, written_address((*admin)->host, (*admin)->port), "admin_listener"});
  return all;
}

bool clash(const address& a, const address& b) {
  return a.port != 0 && a.port == b.port && (a.host == b.host || is_unspecified(a.host) || is_unspecified(b.host));
}

void check_own_addresses(const member_reading& member, const std::vector<taken_address>& all, mistakes& found) {
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t before = 0; before < i; ++before)
      // Kafka listeners among each other: check_listeners.
      if (clash(all[i].where, all[before].where) && all[i].option != all[before].option) {
        found.push_back({member.where(all[i].option),
                         "node '" + member.node.options.name + "' would listen twice on " + all[i].text,
                         "give '" + std::string{all[i].option} + "' another port"});
        return;
      }
}

/// What the members before have taken, to find out what the next one has in common with one of them.
class taken_by_members {
public:
  void check(const member_reading& member, mistakes& found) {
    auto& options = member.node.options;
    auto& host = member.own.host;
    if (auto* other = take(ids_, options.node_id, member))
      found.push_back({member.where("id"), "two nodes have the id " + std::to_string(options.node_id),
                       ordinal(*other) + " has it already; write another 'id'"});
    if (auto* other = take(names_, options.name, member))
      found.push_back({member.where("name"), "two nodes have the name '" + options.name + "'",
                       "line " + std::to_string(other->at.line) + " has it already; write another 'name'"});
    else if (auto* with_data = take(directories_, {host, options.data_directory}, member))
      found.push_back({member.where("data_directory"), "two nodes would keep their data in '" + options.data_directory + "'",
                       ordinal(*with_data) + " has that directory; give one of them another"});
    auto addresses = addresses_of(options);
    check_own_addresses(member, addresses, found);
    check_addresses(member, addresses, found);
  }

private:
  /// Whoever has it already.
  template <class Key>
  static const member_reading* take(std::map<Key, const member_reading*>& taken, const Key& key, const member_reading& by) {
    auto [entry, is_new] = taken.emplace(key, &by);
    return is_new ? nullptr : entry->second;
  }

  void check_addresses(const member_reading& member, const std::vector<taken_address>& mine, mistakes& found) {
    auto is_told = false;
    for (auto& address : mine) {
      // Nodes with hosts of their own can listen on 0.0.0.0 each.
      auto& others = ports_[{member.own.host, address.where.port}];
      for (auto& [where, other] : others)
        if (!is_told && other != &member && clash(address.where, where)) {
          found.push_back({member.where(address.option), "two nodes would listen on " + address.text,
                           ordinal(*other) + " has that address; give one of them another"});
          is_told = true;
        }
      others.emplace_back(address.where, &member);
    }
  }

  std::map<std::int32_t, const member_reading*> ids_;
  std::map<std::string, const member_reading*> names_;
  std::map<std::pair<std::string, std::string>, const member_reading*> directories_;
  std::map<std::pair<std::string, std::uint16_t>, std::vector<std::pair<address, const member_reading*>>> ports_;
};

} // namespace

place member_reading::where(std::string_view option) const {
  if (option == "listeners" && has_own("listen"))
    option = "listen";
  if (auto entry = own_set_at.find(option); entry != own_set_at.end())
    return entry->second;
  if (auto entry = node.set_at.find(option); entry != node.set_at.end())
    return entry->second;
  return at;
}

void derive_members(std::vector<member_reading>& members, const cluster_options& cluster, const std::string& data_base) {
  derive_roles(members);
  std::map<std::string, host_count> on_host;
  for (std::size_t i = 0; i < members.size(); ++i) {
    auto& member = members[i];
    auto& options = member.node.options;
    auto by_name = member.node.has("name") ? number_at_end(options.name) : std::nullopt;
    options.node_id = member.has_own("id") ? member.own.id : by_name.value_or(static_cast<std::int32_t>(i + 1));
    if (!member.node.has("name"))
      options.name = "n" + std::to_string(options.node_id);
    if (!data_base.empty() || !member.node.has("data_directory"))
      options.data_directory = (data_base.empty() ? options.data_directory : data_base) + "/" + options.name;
    derive_addresses(member, cluster, on_host[member.own.host], members.size() == 1 && !options.joins());
    derive_tls(member, cluster);
  }
  derive_replication(members);
}

void tell_members_of_each_other(std::vector<member_reading>& members) {
  std::vector<peer_endpoint> voters;
  std::vector<peer_endpoint> peers;
  for (auto& member : members) {
    auto& options = member.node.options;
    auto where = parse_address(options.peer_listener);
    if (!where)
      continue;
    peers.push_back({options.node_id, where->host, where->port});
    if (options.is_controller())
      voters.push_back(peers.back());
  }
  auto by_id = [](auto& a, auto& b) { return a.node_id < b.node_id; };
  std::sort(voters.begin(), voters.end(), by_id);
  std::sort(peers.begin(), peers.end(), by_id);
  for (auto& member : members) {
    member.node.options.voters = voters;
    member.node.options.peers = peers;
  }
}

mistakes check_members(const std::vector<member_reading>& members) {
  mistakes found;
  taken_by_members taken;
  for (auto& member : members)
    taken.check(member, found);
  auto& first = members.front();
  auto any = [&](auto has) { return std::any_of(members.begin(), members.end(), [&](auto& m) { return has(m.node.options); }); };
  if (!any([](auto& o) { return o.is_controller() || o.joins(); }))
    found.push_back({first.where("roles"), "no node of this cluster is a controller",
                     "write roles = \"both\" or \"controller\" under 1, 3 or 5 of them"});
  if (!any([](auto& o) { return o.is_broker(); }))
    found.push_back({first.where("roles"), "no node of this cluster is a broker",
                     "write roles = \"both\" or \"broker\" under those that are to have partitions"});
  return found;
}

mistakes check_topics(const std::vector<topic_reading>& topics, const std::vector<node_options>& nodes) {
  mistakes found;
  auto others = std::any_of(nodes.begin(), nodes.end(), [](auto& node) { return node.joins(); });
  auto brokers = std::count_if(nodes.begin(), nodes.end(), [](auto& node) { return node.is_broker(); });
  std::map<std::string_view, unsigned> lines;
  for (auto& entry : topics) {
    auto& topic = entry.topic;
    if (topic.replication_factor > brokers && brokers > 0 && !others)
      found.push_back({entry.replication_at,
                       "topic '" + topic.name + "' wants " + std::to_string(topic.replication_factor) + " replicas",
                       "there " + std::string{brokers == 1 ? "is 1 broker" : "are " + std::to_string(brokers) + " brokers"}
                           + ", and each has one replica at the most"});
    if (auto [first, is_new] = lines.emplace(topic.name, entry.at.line); !is_new)
      found.push_back({entry.at, "topic '" + topic.name + "' is there twice",
                       "line " + std::to_string(first->second) + " has it already; remove one of them"});
  }
  return found;
}

mistakes warnings_for(const std::vector<member_reading>& members) {
  auto voters = std::count_if(members.begin(), members.end(), [](auto& m) { return m.node.options.is_controller(); });
  auto place_of_last = members.front().where("roles");
  for (auto& member : members)
    if (member.node.options.is_controller())
      place_of_last = member.where("roles");
  auto count = std::to_string(voters);
  if (voters > 0 && voters % 2 == 0)
    return {{place_of_last, "an even number of controllers, " + count,
             "it survives no more failures than " + std::to_string(voters - 1) + "; have 1, 3 or 5"}};
  if (voters > 5)
    return {{place_of_last, count + " controllers", "every change waits for more than half of them; have 1, 3 or 5"}};
  return {};
}

} // namespace troupe::config
