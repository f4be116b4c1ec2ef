#include "runtime/wire/json.hpp"

namespace troupe::wire {

namespace {

/// The length of the well-formed UTF-8 sequence at the front (RFC 3629), or 0.
std::size_t utf8_sequence(std::string_view text) {
  auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto lead = byte(0);
  if (lead < 0x80)
    return 1;
  std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size)
    return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  auto second = byte(1);
  // Not the shortest form, a surrogate, or beyond U+10FFFF.
  bool refused = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)
                 || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return refused ? 0 : size;
}

void append_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    auto c = text.front();
    auto size = utf8_sequence(text);
    if (size == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      append_escape(out, static_cast<unsigned char>(c));
      size = 1;
    } else {
      if (c == '"' || c == '\\')
        out += '\\';
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  out += '"';
}

} // namespace troupe::wire
