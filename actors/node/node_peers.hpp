// What a node's options mean for its cluster: who votes, whom to be connected with, where to be found.
#pragma once

#include "actors/interface/peer_messages.hpp"
#include "actors/node/peer_book.hpp"
#include "actors/peer/peer_settings.hpp"
#include "config/node_options.hpp"
#include "runtime/metadata/records.hpp"
#include "runtime/raft/core.hpp"

#include <vector>

namespace troupe {

/// Whether there are other nodes at all.
bool has_peers(const config::node_options& options);

/// Who founds the metadata quorum, and how patient its members are.
raft::config quorum_of(const config::node_options& options, std::uint64_t seed);

/// Where the other nodes are, as far as the options say.
peer_book book_of(const config::node_options& options);

peer::peer_settings peer_settings_of(const config::node_options& options, peer_incarnation incarnation,
                                     const std::string& cluster_id);

/// For Kafka clients: one for each listener, named as sessions know it.
std::vector<metadata::endpoint> kafka_endpoints_of(const config::node_options& options);
/// And for the other nodes.
std::vector<metadata::endpoint> endpoints_of(const config::node_options& options);

} // namespace troupe
