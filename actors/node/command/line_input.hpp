// Lines of a file descriptor, without blocking: for standard input beside sockets.
#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::command {

class line_input {
public:
  explicit line_input(int fd) noexcept : fd_(fd) {}

  /// Reads once what there is, if there is something. io_error.
  result<void> fill();
  /// The next whole line without its end, or what is left at the end of the input. Valid until `fill`.
  std::optional<std::string_view> next();
  /// Nothing more will come; `next` may still have something.
  bool ended() const noexcept { return ended_; }
  int fd() const noexcept { return fd_; }

private:
  int fd_;
  std::string buffer_;
  std::size_t position_ = 0;
  std::size_t searched_ = 0; // no line ends before this
  bool ended_ = false;
};

} // namespace troupe::command
