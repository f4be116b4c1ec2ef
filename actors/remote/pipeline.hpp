// The client's side of one connection, from calls to bytes and from bytes to answers: agrees on versions,
// writes requests one behind the other without waiting, and matches the answers, which come in the order of
// the requests. Owns no socket.
#pragma once

#include "actors/remote/request_call.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/wire/frame.hpp"

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::remote {

struct pipeline_options {
  std::string client_id = "troupe";
  std::int64_t connect_timeout_ms = 3'000;
  std::int64_t request_timeout_ms = 30'000;
  /// A connection that is quiet for so long is used for a small request, lest the node closes it.
  std::int64_t keep_alive_ms = 20'000;
  /// Requests that wait for their answer, together. One is always taken.
  std::size_t buffer_memory_bytes = 64 * limits::mib;
};

class pipeline {
public:
  /// Begins by asking for the versions that the node has: calls wait until then.
  pipeline(pipeline_options options, std::int64_t now_ns);

  /// Takes a call, or refuses it: busy (no room), unsupported_version.
  void submit(call_ptr call);
  /// Appends requests until `out` has about `max_bytes` or nothing more may be sent.
  void drain(std::vector<char>& out, std::size_t max_bytes, std::int64_t now_ns);
  /// Bytes from the node. An error, which is one sentence: the connection is of no use any more.
  result<void> receive(std::string_view data, std::int64_t now_ns);
  /// Time has passed. Errors as above.
  result<void> tick(std::int64_t now_ns);

  bool is_ready() const noexcept { return ready_; }
  /// For how long the oldest request has been waiting beyond what its answer may be kept back; 0: nothing
  /// waits.
  std::int64_t late_ms(std::int64_t now_ns) const;
  std::size_t unanswered() const noexcept { return expected_.size(); }
  /// No call is under way.
  bool is_idle() const noexcept { return held_bytes_ == 0; }

private:
  struct expected_answer {
    call_ptr call;
    wire::api_version version;
    std::int32_t correlation_id;
    std::size_t size_bytes;
    std::int64_t written_ns;
  };

  void ask_for_versions();
  result<void> learn_versions(const bytes& body);
  result<void> take(const bytes& frame);
  void write(call_ptr call, std::vector<char>& out, std::int64_t now_ns);

  pipeline_options options_;
  std::int64_t began_ns_;
  std::int64_t last_moved_ns_;
  bool ready_ = false;
  bool asks_ = true; ///< for the versions: they are asked for with the next drain()
  std::map<wire::api_key, wire::api_version> versions_;
  std::deque<call_ptr> waiting_;
  std::deque<expected_answer> expected_; ///< a null call: the answer to ApiVersions
  std::size_t held_bytes_ = 0;           ///< of both
  std::int32_t next_correlation_id_ = 0;
  wire::frame_reader frames_;
};

} // namespace troupe::remote
