// A client of the peer listener without manners.
#pragma once

#include "actors/peer/greeting.hpp"
#include "actors/peer/socket_address.hpp"
#include "runtime/base/cursor.hpp"

#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/time.h>
#include <unistd.h>

namespace troupe::peer {

class raw_client {
public:
  explicit raw_client(std::uint16_t port) {
    auto where = resolve("127.0.0.1", port, false);
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit{5, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&where->front().storage), where->front().size) == 0;
  }
  ~raw_client() { ::close(descriptor_); }
  raw_client(raw_client&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), connected_(other.connected_) {}

  bool connected() const { return connected_; }
  int descriptor() const { return descriptor_; }
  void send(std::string_view data) { static_cast<void>(!::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL)); }
  void send(const std::vector<char>& data) { send(std::string_view{data.data(), data.size()}); }
  std::string read(std::size_t size) {
    std::string got(size, 0);
    auto count = ::recv(descriptor_, got.data(), size, MSG_WAITALL);
    got.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return got;
  }
  std::string read_frame() {
    auto header = read(greeting_frame_header_bytes);
    return header.size() == greeting_frame_header_bytes ? read(load_be<std::uint32_t>(header.data())) : std::string{};
  }
  /// Reads until the other side ends it.
  bool is_closed() {
    char buffer[4096];
    for (;;) {
      auto count = ::recv(descriptor_, buffer, sizeof buffer, 0);
      if (count <= 0)
        return count == 0 || errno == ECONNRESET;
    }
  }

private:
  int descriptor_;
  bool connected_;
};

inline std::size_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace troupe::peer
