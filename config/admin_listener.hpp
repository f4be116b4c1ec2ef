// Where the admin pages (health, metrics, dashboard) are served: the option `admin_listener`.
#pragma once

#include "config/listener.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::config {

constexpr std::string_view admin_listener_auto = "auto";
constexpr std::string_view admin_listener_off = "off";

struct admin_address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9644; ///< 0: the system chooses
  /// Nobody asked for this address: when it is taken, the node goes on without.
  bool may_fail = true;
};

/// "auto" (the address above, if it is free), "off" (nothing), or "HOST:PORT[,insecure]". Refuses an address beyond
/// loopback that is not marked insecure. The place is filled in by the caller.
checked<std::optional<admin_address>> parse_admin_listener(std::string_view text, const place& where);

} // namespace troupe::config
