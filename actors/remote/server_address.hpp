// Where a node listens, and sockets on their way there. Nothing here waits, except for names.
#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace troupe::remote {

struct server_address {
  std::string host;
  std::uint16_t port = 0;

  friend auto operator<=>(const server_address&, const server_address&) = default;
  /// "127.0.0.1:9092", "[::1]:9092"
  std::string to_string() const;
  /// Errors: invalid_argument.
  static result<server_address> parse(std::string_view text);
};

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// The addresses of a host, in the system's order. `wait`: asks the name service, which may take seconds;
/// otherwise only hosts that are numbers are found. Errors: not_found.
result<std::vector<socket_address>> resolve(const server_address& server, bool wait);

/// A socket that has begun to connect: it can be written when it is connected, and fails when it cannot be.
/// The caller owns it. Errors: io_error.
result<int> begin_connect(const socket_address& to);

} // namespace troupe::remote
