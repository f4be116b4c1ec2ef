#include "actors/node/node_peers.hpp"

#include "runtime/metadata/commands.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr auto kafka_listener_name = "PLAINTEXT";

const config::peer_endpoint* own_peer_endpoint(const config::node_options& options) {
  auto own = std::find_if(options.peers.begin(), options.peers.end(),
                          [&](auto& peer) { return peer.node_id == options.node_id; });
  return own == options.peers.end() ? nullptr : &*own;
}

} // namespace

bool has_peers(const config::node_options& options) { return !options.peer_listener.empty(); }

raft::config quorum_of(const config::node_options& options, std::uint64_t seed) {
  raft::config quorum;
  quorum.self = node_id{options.node_id};
  quorum.seed = seed;
  for (auto& voter : options.voters)
    quorum.voters.push_back(node_id{voter.node_id});
  if (quorum.voters.empty())
    quorum.voters.push_back(quorum.self);
  return quorum;
}

peers_wanted peers_of(const config::node_options& options) {
  peers_wanted wanted;
  for (auto& peer : options.peers)
    if (peer.node_id != options.node_id)
      wanted.peers.push_back({node_id{peer.node_id}, peer.host, peer.port});
  return wanted;
}

peer::peer_settings peer_settings_of(const config::node_options& options, peer_incarnation incarnation,
                                     const std::string& cluster_id) {
  peer::peer_settings settings;
  settings.self = node_id{options.node_id};
  settings.incarnation = incarnation;
  settings.cluster_id = cluster_id;
  if (auto* own = own_peer_endpoint(options)) {
    settings.host = own->host;
    settings.port = own->port;
  }
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
  if (auto* own = own_peer_endpoint(options))
    endpoints.push_back({std::string{metadata::peer_listener}, own->host, own->port});
  return endpoints;
}

} // namespace troupe
