#include "actors/remote/server_address.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace troupe::remote {

std::string server_address::to_string() const {
  auto ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

result<server_address> server_address::parse(std::string_view text) {
  auto colon = text.rfind(':');
  auto wrong = [&] { return fail(errc::invalid_argument, "'" + std::string{text} + "' is not HOST:PORT"); };
  if (colon == std::string_view::npos || colon == 0)
    return wrong();
  auto host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']' && host.size() > 2)
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return wrong();
  auto digits = text.substr(colon + 1);
  server_address address{std::string{host}, 0};
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (problem != std::errc{} || end != digits.data() + digits.size() || address.port == 0)
    return wrong();
  return address;
}

result<std::vector<socket_address>> resolve(const server_address& server, bool wait) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | (wait ? 0 : AI_NUMERICHOST);
  addrinfo* found = nullptr;
  auto problem = ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &wanted, &found);
  if (problem != 0)
    return fail(errc::not_found, "cannot find " + server.host + ": " + ::gai_strerror(problem));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, freeaddrinfo};
  std::vector<socket_address> addresses;
  for (auto* one = found; one; one = one->ai_next) {
    auto& address = addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  return addresses;
}

result<int> begin_connect(const socket_address& to) {
  auto fd = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return fail(errc::io_error, std::string{"cannot make a socket: "} + std::strerror(errno));
  auto on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.size) == 0 || errno == EINPROGRESS)
    return fd;
  auto why = fail(errc::io_error, std::string{"cannot connect: "} + std::strerror(errno));
  ::close(fd);
  return why;
}

} // namespace troupe::remote
