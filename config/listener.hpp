// Addresses of listeners: how they are written on the command line, and which ones are refused.
#pragma once

#include "config/mistake.hpp"
#include "config/node_options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::config {

struct address {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const address&) const = default;
};

/// "HOST:PORT" or "[IPV6]:PORT".
std::optional<address> parse_address(std::string_view text);
/// Several with commas between; none in an empty text.
std::optional<std::vector<address>> parse_addresses(std::string_view text);

/// "HOST:PORT", or "[HOST]:PORT" for an IPv6 address.
std::string written_address(std::string_view host, std::uint16_t port);
std::string to_string(const listener_options& listener);

/// Reached from this machine only: 127.0.0.0/8, ::1 and localhost.
bool is_loopback(std::string_view host);

/// Every address of the machine: nothing that somebody could connect to.
bool is_unspecified(std::string_view host);

/// "HOST:PORT[,insecure][,advertised=HOST:PORT]".
checked<listener_options> parse_listener(std::string_view text, const std::string& source);

/// What speaks against listening on all of these together: an address beyond loopback that is not marked
/// insecure, one that no client could connect to, one that is there twice. `places` has one entry for each
/// listener, or is empty; without a line the words are those of the command line.
mistakes check_listeners(const std::vector<listener_options>& listeners, const std::vector<place>& places);

} // namespace troupe::config
