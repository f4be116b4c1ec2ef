// The certificates by which nodes know each other: each is made for one node id, by the cluster's authority. Who has one
// with its key is that node, wherever it connects from; host names prove nothing here.
//
// The id is a URI in the certificate's subject alternative name (RFC 5280, 4.2.1.6): urn:troupe:node:1
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::security {

std::string node_uri(node_id node);
/// Nothing if it is not exactly what node_uri() writes.
std::optional<node_id> node_of_uri(std::string_view uri);

/// A certificate and its private key, as PEM.
struct key_pair {
  std::string certificate;
  std::string key;
};

/// In seconds from now; `from_s` may lie in the past.
struct validity {
  std::int64_t from_s = -3'600; // clocks differ
  std::int64_t until_s = 0;
};

/// A self-signed authority that can make certificates for nodes, and nothing else.
result<key_pair> make_authority(const std::string& name, validity valid);

/// A certificate for a node, good for both ends of a connection. `hosts` are names or addresses, for tools that look at
/// them.
result<key_pair> make_node_certificate(const key_pair& authority, node_id node, const std::vector<std::string>& hosts,
                                       validity valid);

} // namespace troupe::security
