// A TCP socket that never blocks: whoever uses it polls with a deadline of its own.
#pragma once

#include "config/listener.hpp"
#include "runtime/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::command {

class kafka_socket {
public:
  kafka_socket() noexcept = default;
  explicit kafka_socket(int fd) noexcept : fd_(fd) {}
  kafka_socket(kafka_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  kafka_socket& operator=(kafka_socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~kafka_socket();

  /// Connects to the first address of the host that answers. busy: nobody listens there; timed_out;
  /// not_found: no such host; io_error. The detail is a sentence.
  static result<kafka_socket> connect(const config::address& to, std::int64_t deadline_ms);

  int fd() const noexcept { return fd_; }

  /// What the system took of `data`; 0 if it takes nothing now. io_error: the connection is gone.
  result<std::size_t> send(std::string_view data) noexcept;
  /// What has come; nothing if there is nothing now. io_error: the connection is gone.
  result<std::optional<std::size_t>> receive(char* to, std::size_t size) noexcept;
  /// Waits until there is something to read, or to write if that is asked for. False when the time is over.
  bool wait(bool to_write, std::int64_t deadline_ms) const noexcept;

private:
  int fd_ = -1;
};

/// "127.0.0.1:9092"
std::string to_string(const config::address& address);

} // namespace troupe::command
