#include "actors/node/command/http_get.hpp"

#include "actors/node/command/kafka_socket.hpp"
#include "actors/node/command/moment.hpp"
#include "config/quantity.hpp"
#include "runtime/base/limits.hpp"

#include <algorithm>
#include <array>

namespace troupe::command {

namespace {

constexpr std::size_t http_answer_max_bytes = limits::mib;

/// "Content-Length: 17" among the lines of a head, whatever its case.
std::optional<std::size_t> content_length(std::string_view head) {
  std::string lower{head};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view name = "\r\ncontent-length:";
  auto at = lower.find(name);
  if (at == lower.npos)
    return std::nullopt;
  auto value = std::string_view{lower}.substr(at + name.size());
  value = value.substr(0, value.find('\r'));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  auto number = config::parse_integer(value);
  return number && *number >= 0 ? std::optional{static_cast<std::size_t>(*number)} : std::nullopt;
}

result<void> send_all(kafka_socket& socket, std::string_view data, std::int64_t deadline_ms) {
  while (!data.empty()) {
    auto sent = socket.send(data);
    if (!sent)
      return fail(std::move(sent));
    data.remove_prefix(*sent);
    if (*sent == 0 && !socket.wait(true, deadline_ms))
      return fail(errc::timed_out, "the admin listener does not take the question in time");
  }
  return {};
}

/// Until the other side closes.
result<std::string> receive_all(kafka_socket& socket, std::int64_t deadline_ms) {
  std::string text;
  std::array<char, 4096> part;
  while (true) {
    auto received = socket.receive(part.data(), part.size());
    if (!received)
      return text;
    if (*received)
      text.append(part.data(), **received);
    if (text.size() > http_answer_max_bytes)
      return fail(errc::too_large, "the admin listener's answer is larger than 1 MiB");
    if (!*received && !socket.wait(false, deadline_ms))
      return fail(errc::timed_out, "the admin listener did not answer in time");
  }
}

} // namespace

result<http_answer> parse_http_answer(std::string_view text) {
  auto end = text.find("\r\n\r\n");
  auto is_http = text.starts_with("HTTP/1.") && end != text.npos && text.size() > 12 && text[8] == ' ';
  auto status = is_http ? config::parse_integer(text.substr(9, 3)) : std::nullopt;
  if (!status || *status < 100)
    return fail(errc::malformed, "what answers is no admin listener");
  http_answer answer{static_cast<int>(*status), std::string{text.substr(end + 4)}};
  if (auto length = content_length(text.substr(0, end + 2)); length && *length > answer.body.size())
    return fail(errc::malformed, "the admin listener's answer is cut off");
  return answer;
}

result<http_answer> http_get(const config::address& from, std::string_view path, std::int64_t deadline_ms) {
  auto socket = kafka_socket::connect(from, deadline_ms);
  if (!socket)
    return fail(std::move(socket));
  auto question = "GET " + std::string{path} + " HTTP/1.0\r\nHost: " + to_string(from)
                  + "\r\nAccept: application/json\r\nConnection: close\r\n\r\n";
  if (auto sent = send_all(*socket, question, deadline_ms); !sent)
    return fail(std::move(sent));
  auto text = receive_all(*socket, deadline_ms);
  if (!text)
    return fail(std::move(text));
  return parse_http_answer(*text);
}

} // namespace troupe::command
