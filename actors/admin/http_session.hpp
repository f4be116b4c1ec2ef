// One HTTP client, from bytes to requests and back: takes headers apart with Boost.Beast's parser, one request at a
// time, and says when the client is too slow, too large or makes no sense. Owns no socket and no thread.
#pragma once

#include "actors/admin/http.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/limits.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::admin {

struct http_limits {
  std::size_t header_max_bytes = 8 * limits::kib;
  /// What may be sent ahead while an answer is under way; more ends the connection.
  std::size_t ahead_max_bytes = 16 * limits::kib;
  std::int64_t header_ms = 10'000; ///< from its first byte to its last
  std::int64_t idle_ms = 60'000;   ///< between requests
  std::int64_t page_ms = 15'000;   ///< for the node to make a page
  std::int64_t stall_ms = 10'000;  ///< without a byte of the answer being taken
  std::int64_t answer_ms = 60'000; ///< for the client to take all of it
};

class http_session {
public:
  /// `clock` outlives the session; `listener_host` is the name under which the listener was configured.
  http_session(const clock_port& clock, std::string listener_host, const http_limits& limits = {});

  /// Bytes from the client. A request, or bytes to send, may come of it.
  void receive(std::string_view data);
  /// The request that is to be answered now; each comes once.
  std::optional<http_request> take_request();
  /// The answer to it.
  void answer(const http_response& response);
  /// Bytes to send, or none.
  std::string take_output();
  /// The client took something; that many bytes are left.
  void sent(std::size_t unsent_bytes);
  /// Time has passed: a client that is too slow is answered or given up.
  void tick();

  /// Nothing more is read, and nothing more is sent than what take_output gave: say so to the client.
  bool is_last() const noexcept { return last_ && phase_ == phase::idle; }
  /// Close now, whatever is unsent.
  bool is_over() const noexcept { return over_; }

private:
  /// idle -> header -> page -> sending -> idle; a refusal goes to sending from anywhere.
  enum class phase : std::uint8_t { idle, header, page, sending };

  void parse();
  template <class Parser>
  void take_header(const Parser& parser);
  void refuse(unsigned status, std::string_view why);
  void send(const http_response& response);
  void enter(phase next);
  bool lasts(std::int64_t limit_ms, std::int64_t since_ns) const;

  const clock_port& clock_;
  std::string listener_host_;
  http_limits limits_;
  phase phase_ = phase::idle;
  std::int64_t since_ns_; ///< of the phase
  std::int64_t moved_ns_; ///< when the client took a byte of an answer
  std::string in_;
  std::string out_;
  std::optional<http_request> request_;
  bool head_ = false;
  bool keep_alive_ = true;
  bool last_ = false;
  bool over_ = false;
};

} // namespace troupe::admin
