#include "actors/node/command/kafka_socket.hpp"

#include "actors/node/command/moment.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::command {

namespace {

using address_list = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

bool would_block(int problem) { return problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR; }

/// 0, or the errno of what went wrong.
int connect_within(kafka_socket& socket, const addrinfo& to, std::int64_t deadline_ms) {
  auto on = 1;
  ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.fd(), to.ai_addr, to.ai_addrlen) == 0)
    return 0;
  if (errno != EINPROGRESS)
    return errno;
  if (!socket.wait(true, deadline_ms))
    return ETIMEDOUT;
  auto problem = 0;
  socklen_t size = sizeof problem;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &problem, &size);
  return problem;
}

tl::unexpected<error> connection_lost(int problem) {
  return fail(errc::io_error, problem == 0 ? "the node closed the connection" : std::strerror(problem));
}

} // namespace

kafka_socket::~kafka_socket() {
  if (fd_ >= 0)
    ::close(fd_);
}

result<kafka_socket> kafka_socket::connect(const config::address& to, std::int64_t deadline_ms) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (auto problem = ::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &wanted, &found);
      problem != 0)
    return fail(errc::not_found, "cannot find " + to.host + ": " + ::gai_strerror(problem));
  address_list owner{found, freeaddrinfo};
  auto problem = 0;
  for (auto* candidate = found; candidate; candidate = candidate->ai_next) {
    kafka_socket socket{::socket(candidate->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    problem = socket.fd() < 0 ? errno : connect_within(socket, *candidate, deadline_ms);
    if (problem == 0)
      return socket;
  }
  if (problem == ECONNREFUSED)
    return fail(errc::busy, "no node answers at " + to_string(to) + ": start one with `troupe node`");
  if (problem == ETIMEDOUT)
    return fail(errc::timed_out, "no node answers at " + to_string(to) + " in time: is the address right?");
  return fail(errc::io_error, "cannot connect to " + to_string(to) + ": " + std::strerror(problem));
}

result<std::size_t> kafka_socket::send(std::string_view data) noexcept {
  auto sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
  if (sent >= 0)
    return static_cast<std::size_t>(sent);
  if (would_block(errno))
    return 0u;
  return connection_lost(errno);
}

result<std::optional<std::size_t>> kafka_socket::receive(char* to, std::size_t size) noexcept {
  auto received = ::recv(fd_, to, size, 0);
  if (received > 0)
    return static_cast<std::size_t>(received);
  if (received < 0 && would_block(errno))
    return std::nullopt;
  return connection_lost(received == 0 ? 0 : errno);
}

bool kafka_socket::wait(bool to_write, std::int64_t deadline_ms) const noexcept {
  pollfd entry{fd_, static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), 0};
  while (true) {
    auto ready = ::poll(&entry, 1, remaining_ms(deadline_ms));
    if (ready > 0)
      return true;
    if (monotonic_ms() >= deadline_ms)
      return false;
  }
}

std::string to_string(const config::address& address) {
  auto ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

} // namespace troupe::command
