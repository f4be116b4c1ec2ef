#include "actors/node/node_peers.hpp"

#include "config/listener.hpp"
#include "runtime/metadata/commands.hpp"

namespace troupe {

namespace {

constexpr auto kafka_listener_name = "PLAINTEXT";

peer_address own_address(const config::node_options& options) {
  auto where = config::parse_address(options.peer_listener).value_or(config::address{});
  return {node_id{options.node_id}, std::move(where.host), where.port};
}

} // namespace

bool has_peers(const config::node_options& options) { return !options.peer_listener.empty(); }

raft::config quorum_of(const config::node_options& options, std::uint64_t seed) {
  raft::config quorum;
  quorum.self = node_id{options.node_id};
  quorum.seed = seed;
  for (auto& voter : options.voters)
    quorum.voters.push_back(node_id{voter.node_id});
  if (quorum.voters.empty() && !options.joins())
    quorum.voters.push_back(quorum.self);
  return quorum;
}

peer_book book_of(const config::node_options& options) {
  std::vector<peer_address> configured;
  for (auto& peer : options.peers)
    configured.push_back({node_id{peer.node_id}, peer.host, peer.port});
  auto own = own_address(options);
  std::vector<seed_address> seeds;
  for (auto& seed : config::parse_addresses(options.join).value_or(std::vector<config::address>{}))
    if (seed.host != own.host || seed.port != own.port)
      seeds.push_back({seed.host, seed.port});
  return {std::move(own), std::move(configured), std::move(seeds)};
}

peer::peer_settings peer_settings_of(const config::node_options& options, peer_incarnation incarnation,
                                     const std::string& cluster_id) {
  peer::peer_settings settings;
  settings.self = node_id{options.node_id};
  settings.incarnation = incarnation;
  settings.cluster_id = cluster_id;
  auto own = own_address(options);
  settings.host = std::move(own.host);
  settings.port = own.port;
  settings.tls = {options.tls_certificate_file, options.tls_key_file, options.tls_ca_file};
  return settings;
}

std::vector<metadata::endpoint> kafka_endpoints_of(const config::node_options& options) {
  std::vector<metadata::endpoint> endpoints;
  for (auto& listener : options.listeners)
    endpoints.push_back({kafka_listener_name + (endpoints.empty() ? "" : std::to_string(endpoints.size())),
                         listener.advertised_host.empty() ? listener.host : listener.advertised_host,
                         listener.advertised_port == 0 ? listener.port : listener.advertised_port});
  return endpoints;
}

std::vector<metadata::endpoint> endpoints_of(const config::node_options& options) {
  auto endpoints = kafka_endpoints_of(options);
  if (auto own = own_address(options); own.port != 0)
    endpoints.push_back({std::string{metadata::peer_listener}, std::move(own.host), own.port});
  return endpoints;
}

} // namespace troupe
