#include "runtime/base/types.hpp"

namespace troupe {

namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t base64_length = 22; // ceil(128 / 6)

} // namespace

std::string topic_id::to_string() const {
  std::string text;
  unsigned held = 0;
  int held_bits = 0;
  for (auto byte : bytes) {
    held = (held << 8) | byte;
    for (held_bits += 8; held_bits >= 6; held_bits -= 6)
      text += base64_digits[(held >> (held_bits - 6)) & 63];
  }
  text += base64_digits[(held << (6 - held_bits)) & 63];
  return text;
}

std::optional<topic_id> topic_id::parse(std::string_view text) {
  if (text.size() != base64_length)
    return std::nullopt;
  topic_id id;
  unsigned held = 0;
  int held_bits = 0;
  std::size_t filled = 0;
  for (auto c : text) {
    auto digit = base64_digits.find(c);
    if (digit == std::string_view::npos)
      return std::nullopt;
    held = (held << 6) | static_cast<unsigned>(digit);
    held_bits += 6;
    if (held_bits >= 8 && filled < id.bytes.size()) {
      id.bytes[filled++] = static_cast<std::uint8_t>(held >> (held_bits - 8));
      held_bits -= 8;
    }
  }
  // The last digit carries four bits beyond the id: they must be zero, so that each id has one text only.
  if ((held & ((1u << held_bits) - 1)) != 0)
    return std::nullopt;
  return id;
}

} // namespace troupe
