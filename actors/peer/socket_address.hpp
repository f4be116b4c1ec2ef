// Where a peer can be reached: names, addresses and sockets of the machine.
#pragma once

#include "actors/interface/peer_messages.hpp"

#include <string>
#include <vector>

#include <sys/socket.h>

namespace troupe::peer {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  /// "127.0.0.1:9192", "[::1]:9192"
  std::string to_string() const;
  /// Without the port.
  std::string host() const;
  bool is_loopback() const;
};

/// "host:port", as people write it.
std::string to_string(const std::string& host, std::uint16_t port);

/// All addresses of a host, loopback ones among them or not. `wait`: names may be looked up, which can take long; without,
/// only written addresses are understood. The error says which host.
result<std::vector<socket_address>> resolve(const std::string& host, std::uint16_t port, bool wait);

/// What `resolve` gave for the host, or why a node without TLS does not talk to it.
result<std::vector<socket_address>> only_loopback(result<std::vector<socket_address>> addresses, const std::string& host);

/// Starts to connect, without waiting. Error: one sentence; not_found if nobody listens there.
result<int> begin_connect(const socket_address& to);

/// Listens there, without waiting for connections. With port 0 the system chooses; `port_of` tells.
result<int> listen_at(const socket_address& where);
std::uint16_t port_of(int descriptor);

} // namespace troupe::peer
