// One connection to a Kafka node: agrees on versions, pipelines requests, matches the answers, which come in
// the order of the requests.
#pragma once

#include "actors/node/command/kafka_socket.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/wire/frame.hpp"
#include "runtime/wire/header.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::command {

/// An answer that has come, not decoded yet.
struct kafka_answer {
  std::int32_t correlation_id = 0;
  wire::api_version version = 0;
  bytes body;
};

class kafka_connection {
public:
  /// Connects and asks for the versions that the node has. Errors as kafka_socket::connect, and
  /// unsupported_version.
  static result<std::unique_ptr<kafka_connection>> open(const config::address& to, std::string client_id,
                                                        std::int64_t deadline_ms);

  /// The highest version that both sides know, or nothing.
  std::optional<wire::api_version> version_of(wire::api_key key) const noexcept;

  /// Queues a request; gives its correlation id. unsupported_version: the node does not have this API.
  template <class Request>
  result<std::int32_t> submit(const Request& request, bool is_answered = true) {
    auto version = version_of(Request::api);
    if (!version)
      return no_common_version(Request::api);
    wire::request_header header{Request::api, *version, next_correlation_id_, client_id_};
    wire::append_request(std::move(header), request, outgoing_);
    if (is_answered)
      expected_.push_back({next_correlation_id_, Request::api, *version});
    return next_correlation_id_++;
  }

  /// Sends and receives what goes without waiting. io_error or malformed: the connection is of no use any
  /// more.
  result<std::vector<kafka_answer>> exchange();

  /// One request and its answer; there must be no other one under way. timed_out, io_error, malformed: the
  /// connection is of no use any more.
  template <class Response, class Request>
  result<Response> call(const Request& request, std::int64_t deadline_ms) {
    if (auto submitted = submit(request); !submitted)
      return fail(std::move(submitted));
    auto answer = wait_for_answer(deadline_ms);
    if (!answer)
      return fail(std::move(answer));
    return wire::decode<Response>(answer->body, answer->version);
  }

  int fd() const noexcept { return socket_.fd(); }
  bool wants_to_write() const noexcept { return sent_ < outgoing_.size(); }
  std::size_t unsent_bytes() const noexcept { return outgoing_.size() - sent_; }
  std::size_t unanswered() const noexcept { return expected_.size(); }
  const config::address& peer() const noexcept { return peer_; }

private:
  struct expected_answer {
    std::int32_t correlation_id;
    wire::api_key key;
    wire::api_version version;
  };

  kafka_connection(config::address peer, std::string client_id, kafka_socket socket);

  result<void> learn_versions(std::int64_t deadline_ms);
  result<void> send_some();
  result<void> receive_some(std::vector<kafka_answer>& answers);
  result<kafka_answer> take_answer(const bytes& frame);
  result<kafka_answer> wait_for_answer(std::int64_t deadline_ms);
  static tl::unexpected<error> no_common_version(wire::api_key key);

  config::address peer_;
  std::string client_id_;
  kafka_socket socket_;
  wire::frame_reader frames_;
  std::vector<char> incoming_;
  std::vector<char> outgoing_;
  std::size_t sent_ = 0; // of outgoing_
  std::int32_t next_correlation_id_ = 0;
  std::deque<expected_answer> expected_;
  std::map<wire::api_key, wire::api_version> versions_;
};

} // namespace troupe::command
