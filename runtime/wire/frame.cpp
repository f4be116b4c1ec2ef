#include "runtime/wire/frame.hpp"

#include "runtime/base/cursor.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::wire {

namespace {

/// Key, version and correlation id, or a correlation id: nothing shorter is a message.
constexpr std::int32_t frame_min_bytes = 4;

} // namespace

result<std::optional<bytes>> frame_reader::next(std::string_view& data) {
  if (size_ == 0) {
    auto known = take_size(data);
    if (!known)
      return fail(std::move(known));
    if (!*known)
      return std::optional<bytes>{};
  }
  auto count = std::min(data.size(), size_ - filled_);
  if (count > 0) {
    grow(filled_ + count);
    std::memcpy(frame_.mutable_data() + filled_, data.data(), count);
    data.remove_prefix(count);
    filled_ += count;
  }
  if (filled_ < size_)
    return std::optional<bytes>{};
  eager_bytes_ = std::clamp(size_, eager_bytes_, limits::frame_eager_proven_max_bytes);
  size_ = filled_ = 0;
  return std::optional<bytes>{std::exchange(frame_, bytes{})};
}

result<bool> frame_reader::take_size(std::string_view& data) {
  auto count = std::min(data.size(), sizeof size_field_ - size_field_filled_);
  std::copy_n(data.data(), count, size_field_ + size_field_filled_);
  data.remove_prefix(count);
  size_field_filled_ += count;
  if (size_field_filled_ < sizeof size_field_)
    return false;
  size_field_filled_ = 0;
  auto size = load_be<std::int32_t>(size_field_);
  if (size < frame_min_bytes)
    return fail(errc::malformed, "a frame of " + std::to_string(size) + " bytes");
  if (static_cast<std::size_t>(size) > max_bytes_)
    return fail(errc::too_large, "a frame of " + std::to_string(size) + " bytes, where "
                                     + std::to_string(max_bytes_) + " are allowed");
  size_ = static_cast<std::size_t>(size);
  return true;
}

void frame_reader::grow(std::size_t arriving) {
  if (arriving <= frame_.size())
    return;
  auto target = std::min(size_, std::max({eager_bytes_, arriving, frame_.size() * 2}));
  auto larger = bytes::allocate(target);
  if (filled_ > 0)
    std::memcpy(larger.mutable_data(), frame_.data(), filled_);
  frame_ = std::move(larger);
}

} // namespace troupe::wire
