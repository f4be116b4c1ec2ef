// One new connection while it is greeted: takes it through connecting and TLS, and frames over it, never waiting.
#pragma once

#include "actors/peer/greeting.hpp"
#include "actors/peer/transport.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::peer {

constexpr std::string_view closed_by_other = "it closed the connection";

class handshake {
public:
  enum class step : std::uint8_t {
    blocked,  ///< the socket decides when it goes on
    secured,  ///< connected, and TLS is through: `send` or `receive` next
    sent,     ///< the frame that was to be sent is with the kernel
    received, ///< `body` is there
    failed,   ///< `why`
  };

  /// `connecting`: begin_connect() was called for it, and may be under way.
  handshake(transport_ptr over, bool connecting);

  /// Goes on as far as it can without waiting.
  step advance();
  void send(std::vector<char> frame);
  void receive();

  /// What to poll the socket for; 0: nothing is under way.
  short wanted_events() const noexcept;
  std::string_view body() const noexcept { return {in_.data() + greeting_frame_header_bytes, in_.size() - greeting_frame_header_bytes}; }
  const std::string& why() const noexcept { return why_; }
  /// Nobody listens there.
  bool refused() const noexcept { return refused_; }
  const transport_ptr& connection() const noexcept { return over_; }

private:
  enum class stage : std::uint8_t { connecting, securing, idle, sending, receiving, over };

  step connect();
  step secure();
  step write();
  step read();
  step fill(std::size_t size, bool& complete);
  step block(io_outcome outcome);
  step fail(std::string why);

  transport_ptr over_;
  stage stage_;
  short events_ = 0;
  std::vector<char> out_;
  std::size_t written_ = 0;
  std::vector<char> in_;
  std::size_t collected_ = 0;
  bool refused_ = false;
  std::string why_;
};

} // namespace troupe::peer
