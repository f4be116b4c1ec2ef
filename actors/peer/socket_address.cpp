#include "actors/peer/socket_address.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace troupe::peer {

namespace {

constexpr int listen_backlog = 128;

const sockaddr_in& ipv4(const socket_address& address) { return reinterpret_cast<const sockaddr_in&>(address.storage); }
const sockaddr_in6& ipv6(const socket_address& address) {
  return reinterpret_cast<const sockaddr_in6&>(address.storage);
}

std::uint16_t port_in(const socket_address& address) {
  return ntohs(address.storage.ss_family == AF_INET6 ? ipv6(address).sin6_port : ipv4(address).sin_port);
}

} // namespace

std::string to_string(const std::string& host, std::uint16_t port) {
  return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string socket_address::host() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &ipv6(*this).sin6_addr, text, sizeof text);
  else
    ::inet_ntop(AF_INET, &ipv4(*this).sin_addr, text, sizeof text);
  return text;
}

std::string socket_address::to_string() const { return peer::to_string(host(), port_in(*this)); }

bool socket_address::is_loopback() const {
  if (storage.ss_family == AF_INET)
    return (ntohl(ipv4(*this).sin_addr.s_addr) >> 24) == 127;
  if (storage.ss_family != AF_INET6)
    return false;
  auto& address = ipv6(*this).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

result<std::vector<socket_address>> resolve(const std::string& host, std::uint16_t port, bool wait) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | (wait ? 0 : AI_NUMERICHOST);
  addrinfo* found = nullptr;
  if (auto problem = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found); problem != 0)
    return fail(errc::not_found, "cannot find the host '" + host + "': " + ::gai_strerror(problem));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, freeaddrinfo};
  std::vector<socket_address> addresses;
  for (auto* one = found; one; one = one->ai_next) {
    auto& address = addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  return addresses;
}

result<std::vector<socket_address>> only_loopback(result<std::vector<socket_address>> addresses, const std::string& host) {
  if (addresses && !std::all_of(addresses->begin(), addresses->end(), [](auto& one) { return one.is_loopback(); }))
    return fail(errc::invalid_argument, host + " is another machine, and without TLS nodes talk on one machine only: give the "
                                               "peer listener a certificate, a key and a CA");
  return addresses;
}

result<int> begin_connect(const socket_address& to) {
  auto descriptor = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    return fail(errc::io_error, std::string{"cannot make a socket: "} + std::strerror(errno));
  auto on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&to.storage), to.size) == 0 || errno == EINPROGRESS)
    return descriptor;
  auto problem = errno;
  ::close(descriptor);
  return fail(problem == ECONNREFUSED ? errc::not_found : errc::io_error, std::strerror(problem));
}

result<int> listen_at(const socket_address& where) {
  auto descriptor = ::socket(where.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    return fail(errc::io_error, std::string{"cannot make a socket: "} + std::strerror(errno));
  auto on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&where.storage), where.size) == 0
      && ::listen(descriptor, listen_backlog) == 0)
    return descriptor;
  auto problem = errno;
  ::close(descriptor);
  return fail(problem == EADDRINUSE ? errc::in_use : errc::io_error,
              "cannot listen for other nodes at " + where.to_string() + ": " + std::strerror(problem));
}

std::uint16_t port_of(int descriptor) {
  socket_address bound;
  bound.size = sizeof bound.storage;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
  return port_in(bound);
}

} // namespace troupe::peer
