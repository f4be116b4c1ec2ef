// The little of HTTP/1.1 (RFC 9110, RFC 9112) that an admin page needs: GET and HEAD, no bodies, small headers.
#pragma once

#include "runtime/base/types.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace troupe::admin {

struct http_request {
  std::string path; ///< decoded; begins with '/'
  std::map<std::string, std::string> query;
  bool head = false; ///< the answer's body is left out

  /// The query's value as a number from 0 to `max`; `otherwise` if it is not there or is no number.
  std::uint64_t number(const std::string& name, std::uint64_t otherwise, std::uint64_t max) const;
  /// Empty if it is not there.
  std::string_view text(const std::string& name) const;
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// A refusal, as JSON with one member `error`.
http_response refusal(unsigned status, std::string_view why);

/// Whether `text` is "%41"-encoded properly; appends what it stands for.
bool decode_percent(std::string_view text, std::string& out);

/// "/v1/topics?limit=10" taken apart; false if it is no path of this server.
bool parse_target(std::string_view target, http_request& out);

/// Whether a request with this Host header may be answered: an address, localhost, or the name that the listener was given.
/// Any other name may be one that an attacker's DNS points here, so that his page can read what this server says.
bool is_own_host(std::string_view host, std::string_view listener_host);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(timestamp_ms when);

/// The response as it is sent.
std::string to_bytes(const http_response& response, bool head, bool keep_alive, timestamp_ms now);

} // namespace troupe::admin
