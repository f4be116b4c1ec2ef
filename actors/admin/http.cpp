#include "actors/admin/http.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <arpa/inet.h>
#include <nlohmann/json.hpp>

namespace troupe::admin {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 413:
    return "Content Too Large";
  case 431:
    return "Request Header Fields Too Large";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  default:
    return "Error";
  }
}

bool is_address(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return out;
}

/// "host", "host:1" or "[::1]:1" without port and brackets; empty if it is none of these.
std::string host_name(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    auto close = host.find(']');
    if (close == host.npos)
      return {};
    port = host.substr(close + 1);
    host = host.substr(1, close - 1);
  } else if (auto colon = host.find(':'); colon != host.npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1))))
    return {};
  return lower(host);
}

} // namespace

std::uint64_t http_request::number(const std::string& name, std::uint64_t otherwise, std::uint64_t max) const {
  auto found = text(name);
  std::uint64_t value = 0;
  auto [end, wrong] = std::from_chars(found.data(), found.data() + found.size(), value);
  return found.empty() || wrong != std::errc{} || end != found.data() + found.size() ? otherwise : std::min(value, max);
}

std::string_view http_request::text(const std::string& name) const {
  auto found = query.find(name);
  return found == query.end() ? std::string_view{} : std::string_view{found->second};
}

http_response refusal(unsigned status, std::string_view why) {
  return {status, "application/json",
          nlohmann::json{{"error", why}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

bool decode_percent(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3)
      return false;
    auto high = hex_digit(text[i + 1]);
    auto low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0))
      return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

bool parse_target(std::string_view target, http_request& out) {
  if (!target.starts_with('/'))
    return false;
  auto question = target.find('?');
  if (!decode_percent(target.substr(0, question), out.path))
    return false;
  if (question == target.npos)
    return true;
  for (auto rest = target.substr(question + 1); !rest.empty();) {
    auto end = std::min(rest.find('&'), rest.size());
    auto pair = rest.substr(0, end);
    auto equals = std::min(pair.find('='), pair.size());
    std::string name;
    std::string value;
    if (!decode_percent(pair.substr(0, equals), name)
        || !decode_percent(pair.substr(std::min(equals + 1, pair.size())), value))
      return false;
    out.query[std::move(name)] = std::move(value);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

bool is_own_host(std::string_view host, std::string_view listener_host) {
  auto name = host_name(host);
  return !name.empty() && (name == "localhost" || name == lower(listener_host) || is_address(name));
}

std::string http_date(timestamp_ms when) {
  auto seconds = static_cast<std::time_t>(when.value() / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text;
  // The names of days and months are those of the C locale, which a node never leaves.
  auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::string to_bytes(const http_response& response, bool head, bool keep_alive, timestamp_ms now) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out.append(reason_of(response.status)).append("\r\nDate: ").append(http_date(now));
  out.append("\r\nServer: troupe\r\nContent-Type: ").append(response.content_type);
  out.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
  out.append(keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close");
  if (response.status == 405)
    out.append("\r\nAllow: GET, HEAD");
  // The page brings all that it needs with it, shows what strangers have written, and is nobody else's to embed.
  out.append("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer"
             "\r\nCross-Origin-Resource-Policy: same-origin"
             "\r\nContent-Security-Policy: default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; "
             "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
             "\r\n\r\n");
  if (!head)
    out.append(response.body);
  return out;
}

} // namespace troupe::admin
