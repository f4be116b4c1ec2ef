#include "actors/node/service_manager.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe {

void notify_service_manager(std::string_view state) noexcept {
  auto* named = std::getenv("NOTIFY_SOCKET");
  std::string_view path{named ? named : ""};
  sockaddr_un address{};
  if ((!path.starts_with('/') && !path.starts_with('@')) || path.size() >= sizeof address.sun_path)
    return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  // A name that begins with '@' is in the abstract namespace, where the first byte is zero and none follows.
  auto is_abstract = path.front() == '@';
  if (is_abstract)
    address.sun_path[0] = '\0';
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  auto descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    return;
  // Whether it arrives is for the service manager to notice: it has a deadline.
  [[maybe_unused]] auto sent =
      ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&address), size);
  ::close(descriptor);
}

} // namespace troupe
