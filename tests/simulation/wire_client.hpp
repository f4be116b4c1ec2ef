// The client's end of a simulated connection: requests to frames, frames to answers, in any version that the
// node serves.
#pragma once

#include "runtime/wire/frame.hpp"
#include "runtime/wire/header.hpp"
#include "tests/simulation/connector.hpp"
#include "tests/simulation/history.hpp"

#include <deque>
#include <optional>

namespace troupe::simulation {

struct answer {
  std::int32_t correlation_id = 0;
  wire::api_key key{};
  wire::api_version version = 0;
  bytes body;
};

class wire_client {
public:
  wire_client(connector& node, history& report, std::uint64_t seed)
      : node_(node), report_(report), random_(seed) {}

  /// False while the node takes no connections.
  bool connect();
  void drop();
  bool is_connected() const { return pipe_ && !pipe_->node_gone; }
  bool has_news() const { return pipe_ && !pipe_->to_client.empty(); }
  /// The node has closed the connection, or has gone.
  bool was_cut() const { return pipe_ && pipe_->node_gone; }

  /// Sends in a version between `least` and `most`, which are cut to what the node serves; gives the
  /// correlation id.
  template <class Request>
  std::int32_t send(const Request& request, bool is_answered = true, wire::api_version least = 0,
                    wire::api_version most = 1'000) {
    auto version = draw_version(Request::api, least, most);
    wire::append_request({Request::api, version, next_, "simulation"}, request, pipe_->to_node);
    if (is_answered)
      expected_.push_back({next_, Request::api, version});
    node_.moved(pipe_);
    return next_++;
  }

  /// The next answer, if it is there in full.
  std::optional<answer> receive();
  std::size_t unanswered() const { return expected_.size(); }

  /// An answer's body. One that cannot be read fails the run.
  template <class Response>
  std::optional<Response> open(const answer& from) {
    auto body = wire::decode<Response>(from.body, from.version);
    if (body)
      return std::move(*body);
    report_.fail(outcome::correctness, "wire: an answer cannot be read: " + body.error().message());
    return std::nullopt;
  }

private:
  struct expected_answer {
    std::int32_t correlation_id;
    wire::api_key key;
    wire::api_version version;
  };

  wire::api_version draw_version(wire::api_key key, wire::api_version least, wire::api_version most);

  connector& node_;
  history& report_;
  random_source random_;
  pipe_ptr pipe_;
  wire::frame_reader frames_;
  std::deque<expected_answer> expected_;
  std::int32_t next_ = 0;
};

} // namespace troupe::simulation
