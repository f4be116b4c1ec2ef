#include "config/admin_listener.hpp"

namespace troupe::config {

checked<std::optional<admin_address>> parse_admin_listener(std::string_view text, const place& where) {
  if (text == admin_listener_auto)
    return admin_address{};
  if (text == admin_listener_off)
    return std::nullopt;
  auto comma = text.find(',');
  auto address = parse_address(text.substr(0, comma));
  auto insecure = comma != text.npos && text.substr(comma + 1) == "insecure";
  if (!address || (comma != text.npos && !insecure))
    return refuse({where, "'admin_listener' is '" + std::string{text} + "'",
                   "write auto, off, or HOST:PORT, such as 127.0.0.1:9644"});
  if (!insecure && !is_loopback(address->host))
    return refuse({where, "'admin_listener' " + std::string{text} + " can be reached from other machines and is not protected",
                   "append ',insecure' if everybody who reaches it may read everything, or name 127.0.0.1"});
  return admin_address{address->host, address->port, false};
}

} // namespace troupe::config
