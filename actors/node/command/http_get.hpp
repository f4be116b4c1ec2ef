// One question over HTTP to a node's admin listener.
#pragma once

#include "config/listener.hpp"
#include "runtime/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::command {

struct http_answer {
  int status = 0;
  std::string body;
};

/// The answer in `text`, which ends where the other side closed the connection. malformed: it is none of HTTP, or
/// shorter than it says.
result<http_answer> parse_http_answer(std::string_view text);

/// Asks for `path` in HTTP/1.0. busy, timed_out, not_found, io_error: as kafka_socket::connect; malformed: what came
/// is not HTTP; too_large: more than 1 MiB.
result<http_answer> http_get(const config::address& from, std::string_view path, std::int64_t deadline_ms);

} // namespace troupe::command
