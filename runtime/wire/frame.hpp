// Frames out of a stream of bytes: a size of four bytes, then as many bytes. Pure: whoever reads the socket
// feeds it.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/limits.hpp"

#include <optional>
#include <string_view>

namespace troupe::wire {

/// Cuts the stream of one connection into frames. Each frame's bytes are copied once, from the read buffer to
/// the chunk that the log will share; only a frame larger than anything that the peer has sent before (and
/// than limits::frame_eager_bytes) is copied again while its chunk doubles, so that a size is only believed
/// as bytes arrive.
class frame_reader {
public:
  explicit frame_reader(std::size_t max_bytes = limits::frame_max_bytes) noexcept : max_bytes_(max_bytes) {}

  /// For the frames whose size has not been read yet.
  void set_max_bytes(std::size_t max_bytes) noexcept { max_bytes_ = max_bytes; }

  /// Takes bytes from the front of `data` up to the end of the next frame and gives that frame (without its
  /// size); nothing when all of `data` was taken and the frame goes on. Errors, after which the stream makes
  /// no sense: malformed for a negative size or one too small for a header, too_large.
  result<std::optional<bytes>> next(std::string_view& data);

  /// The bytes that are still to come before the current frame is complete; 0 between frames and within a
  /// size.
  std::size_t missing_bytes() const noexcept { return size_ - filled_; }
  /// The memory held for the frame that is not complete.
  std::size_t held_bytes() const noexcept { return frame_.size(); }

private:
  result<bool> take_size(std::string_view& data);
  void grow(std::size_t arriving);

  std::size_t max_bytes_;
  char size_field_[4] = {};
  std::size_t size_field_filled_ = 0;
  std::size_t size_ = 0;   // of the current frame; 0 while its size is being read
  std::size_t filled_ = 0; // of the current frame
  bytes frame_;            // its chunk, as large as it has been believed so far
  std::size_t eager_bytes_ = limits::frame_eager_bytes;
};

} // namespace troupe::wire
