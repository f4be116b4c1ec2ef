#include "actors/node/command/line_input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace troupe::command {

namespace {

constexpr std::size_t input_chunk_bytes = 256 * 1024;

} // namespace

result<void> line_input::fill() {
  pollfd entry{fd_, POLLIN, 0};
  if (ended_ || ::poll(&entry, 1, 0) != 1)
    return {};
  buffer_.erase(0, position_);
  searched_ -= position_;
  position_ = 0;
  auto size = buffer_.size();
  buffer_.resize(size + input_chunk_bytes);
  auto got = ::read(fd_, buffer_.data() + size, input_chunk_bytes);
  auto problem = errno;
  buffer_.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
  if (got < 0 && problem != EINTR && problem != EAGAIN)
    return fail(errc::io_error, std::string{"cannot read the input: "} + std::strerror(problem));
  ended_ = got == 0;
  return {};
}

std::optional<std::string_view> line_input::next() {
  auto end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    if (!ended_ || position_ == buffer_.size())
      return std::nullopt;
    end = buffer_.size();
  }
  std::string_view line{buffer_.data() + position_, end - position_};
  position_ = std::min(end + 1, buffer_.size());
  searched_ = position_;
  return line;
}

} // namespace troupe::command
