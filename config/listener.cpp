#include "config/listener.hpp"
#include "config/quantity.hpp"

namespace troupe::config {

namespace {

constexpr std::int64_t port_max = 65535;

std::optional<mistake> take_listener_word(listener_options& listener, std::string_view word,
                                          const place& where) {
  if (word == "insecure") {
    listener.insecure = true;
    return std::nullopt;
  }
  constexpr std::string_view advertised = "advertised=";
  if (!word.starts_with(advertised))
    return mistake{where, "unknown word '" + std::string{word} + "'",
                   "after the address come ',insecure' and ',advertised=HOST:PORT'"};
  auto parsed = parse_address(word.substr(advertised.size()));
  if (!parsed)
    return mistake{where, "'" + std::string{word} + "' has no address", "write advertised=HOST:PORT"};
  listener.advertised_host = parsed->host;
  listener.advertised_port = parsed->port;
  return std::nullopt;
}

std::optional<mistake> refused(const listener_options& listener, const place& where) {
  auto name = "listener " + to_string(listener);
  auto in_file = where.line > 0;
  if (!listener.insecure && !is_loopback(listener.host))
    return mistake{
        where, name + " can be reached from other machines and is not protected",
        std::string{"write "}
            + (in_file ? "'insecure = true' under this [[listeners]]"
                       : "--listen " + to_string(listener) + ",insecure")
            + " if everybody who reaches it may read and write everything, or listen on 127.0.0.1"};
  if (is_unspecified(listener.host) && is_unspecified(listener.advertised_host))
    return mistake{where, name + " does not say which address clients should connect to",
                   in_file ? "write 'advertised_host = \"...\"' under this [[listeners]]"
                           : "append ',advertised=HOST:PORT'"};
  return std::nullopt;
}

} // namespace

std::optional<address> parse_address(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  auto port = parse_integer(digits);
  if (!port || *port < 0 || *port > port_max || digits.starts_with('+'))
    return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host.empty() || host.find_first_of(" /,[]") != std::string_view::npos)
    return std::nullopt;
  return address{std::string{host}, static_cast<std::uint16_t>(*port)};
}

std::optional<std::vector<address>> parse_addresses(std::string_view text) {
  std::vector<address> all;
  while (!text.empty()) {
    auto comma = text.find(',');
    auto one = parse_address(text.substr(0, comma));
    if (!one || comma + 1 == text.size())
      return std::nullopt;
    all.push_back(std::move(*one));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return all;
}

std::string written_address(std::string_view host, std::uint16_t port) {
  std::string text{host};
  if (host.find(':') != host.npos)
    text = '[' + text + ']';
  return text + ':' + std::to_string(port);
}

std::string to_string(const listener_options& listener) { return written_address(listener.host, listener.port); }

bool is_unspecified(std::string_view host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1")
    return true;
  // A name such as 127.example.org is not an address.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

checked<listener_options> parse_listener(std::string_view text, const std::string& source) {
  place where{source, 0, 0};
  auto comma = text.find(',');
  auto parsed = parse_address(text.substr(0, comma));
  if (!parsed)
    return refuse({where, "'" + std::string{text.substr(0, comma)} + "' is no address",
                   "write HOST:PORT, such as 127.0.0.1:9092 or [::1]:9092"});
  listener_options listener;
  listener.host = parsed->host;
  listener.port = parsed->port;
  while (comma != std::string_view::npos) {
    text.remove_prefix(comma + 1);
    comma = text.find(',');
    if (auto wrong = take_listener_word(listener, text.substr(0, comma), where))
      return refuse(std::move(*wrong));
  }
  return listener;
}

mistakes check_listeners(const std::vector<listener_options>& listeners, const std::vector<place>& places) {
  mistakes found;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    auto where = i < places.size() ? places[i] : place{"--listen", 0, 0};
    if (auto wrong = refused(listeners[i], where))
      found.push_back(std::move(*wrong));
    for (std::size_t before = 0; before < i; ++before)
      if (listeners[i].port != 0 && listeners[i].port == listeners[before].port
          && listeners[i].host == listeners[before].host) {
        found.push_back(
            {where, "listener " + to_string(listeners[i]) + " is there twice", "remove one of them"});
        break;
      }
  }
  return found;
}

} // namespace troupe::config
