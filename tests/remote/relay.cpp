#include "tests/remote/relay.hpp"

#include "runtime/base/check.hpp"

#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::test {

namespace {

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int bound_socket(std::uint16_t port) {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto address = local(port);
  CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "the port is free");
  return fd;
}

} // namespace

std::uint16_t free_port() {
  auto fd = bound_socket(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

relay::relay(std::uint16_t port, std::uint16_t target)
    : target_(target), listener_(bound_socket(port)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(::listen(listener_, 64) == 0);
  thread_ = std::thread{[this] { serve(); }};
}

relay::~relay() {
  ended_ = true;
  std::uint64_t one = 1;
  CHECK(::write(wake_, &one, sizeof one) == sizeof one);
  thread_.join();
  while (!connections_.empty())
    drop(0);
  ::close(listener_);
  ::close(wake_);
}

std::size_t relay::cut() {
  cut_wanted_ = true;
  std::uint64_t one = 1;
  CHECK(::write(wake_, &one, sizeof one) == sizeof one);
  while (cut_wanted_)
    std::this_thread::yield();
  return cut_count_;
}

void relay::serve() {
  while (!ended_) {
    std::vector<pollfd> wait{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (auto& one : connections_) {
      wait.push_back({one.client, POLLIN, 0});
      wait.push_back({one.node, POLLIN, 0});
    }
    if (::poll(wait.data(), wait.size(), -1) < 0)
      continue;
    if (wait[0].revents != 0) {
      std::uint64_t count;
      CHECK(::read(wake_, &count, sizeof count) == sizeof count);
    }
    if (cut_wanted_) {
      cut_count_ = connections_.size();
      while (!connections_.empty())
        drop(0);
      cut_wanted_ = false;
      continue;
    }
    for (auto i = connections_.size(); i-- > 0;) {
      auto& one = connections_[i];
      if ((wait[2 + 2 * i].revents != 0 && !pass_on(one.client, one.node))
          || (wait[3 + 2 * i].revents != 0 && !pass_on(one.node, one.client)))
        drop(i);
    }
    if (wait[1].revents != 0)
      accept_one();
  }
}

void relay::accept_one() {
  connection made{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), -1};
  if (made.client < 0)
    return;
  made.node = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = local(target_);
  auto on = 1;
  ::setsockopt(made.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(made.node, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto reached = ::connect(made.node, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  connections_.push_back(made);
  if (!reached)
    drop(connections_.size() - 1);
}

bool relay::pass_on(int from, int to) {
  std::array<char, 16 * 1024> piece;
  auto size = ::recv(from, piece.data(), piece.size(), 0);
  if (size <= 0)
    return false;
  for (ssize_t sent = 0; sent < size;) {
    auto now = ::send(to, piece.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (now <= 0)
      return false;
    sent += now;
  }
  return true;
}

void relay::drop(std::size_t which) {
  ::close(connections_[which].client);
  ::close(connections_[which].node);
  connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(which));
}

} // namespace troupe::test
