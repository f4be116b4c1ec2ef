#include "actors/peer/greeting.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/cursor.hpp"

#include <algorithm>

namespace troupe::peer {

namespace {

constexpr std::uint32_t greeting_magic = 0x54725065; // "TrPe"

enum class frame_kind : std::uint8_t { greeting = 1, verdict = 2, commit = 3 };

/// Nobody's sentence or name is longer; what is gets cut, so that a frame always fits.
constexpr std::size_t text_max_bytes = 256;
static_assert(3 * text_max_bytes + 64 <= greeting_max_bytes);

void put_text(write_cursor& out, std::string_view text) {
  text = text.substr(0, text_max_bytes);
  out.number(static_cast<std::uint16_t>(text.size()));
  out.put(text);
}

std::string take_bytes(read_cursor& in) {
  auto size = in.number<std::uint16_t>();
  if (size > text_max_bytes)
    in.fail();
  return std::string{in.take(in.ok() ? size : 0)};
}

/// Ends up in logs: without what would break their lines.
std::string take_text(read_cursor& in) {
  auto text = take_bytes(in);
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

void put_greeting(write_cursor& out, const greeting& from) {
  out.number(from.node.value());
  out.number(from.wanted.value());
  out.number(from.incarnation.value());
  out.number(from.session);
  put_text(out, from.cluster_id);
  put_text(out, from.machine_id);
}

greeting take_greeting(read_cursor& in) {
  greeting from;
  from.node = node_id{in.number<std::int32_t>()};
  from.wanted = node_id{in.number<std::int32_t>()};
  from.incarnation = peer_incarnation{in.number<std::uint64_t>()};
  from.session = in.number<std::uint64_t>();
  from.cluster_id = take_text(in);
  from.machine_id = take_bytes(in);
  return from;
}

/// An empty frame of this kind, to be finished with `seal`.
std::vector<char> begin_frame(frame_kind kind) {
  std::vector<char> frame;
  write_cursor out{frame};
  out.number(std::uint32_t{0});
  out.number(greeting_magic);
  out.number(greeting_version);
  out.number(static_cast<std::uint8_t>(kind));
  return frame;
}

std::vector<char> seal(std::vector<char> frame) {
  auto size = frame.size() - greeting_frame_header_bytes;
  CHECK(size <= greeting_max_bytes);
  store_be(frame.data(), static_cast<std::uint32_t>(size));
  return frame;
}

struct frame_start {
  std::uint16_t version = 0;
  frame_kind kind = frame_kind::greeting;
};

result<frame_start> take_start(read_cursor& in) {
  if (in.number<std::uint32_t>() != greeting_magic)
    return fail(errc::malformed, "what came is no greeting of a Troupe node");
  frame_start start;
  start.version = in.number<std::uint16_t>();
  start.kind = static_cast<frame_kind>(in.number<std::uint8_t>());
  if (!in.ok())
    return fail(errc::malformed, "the greeting is cut short");
  return start;
}

tl::unexpected<error> other_version(std::uint16_t version) {
  return fail(errc::unsupported_version, "it speaks version " + std::to_string(version)
                                             + " of the protocol between nodes, this node speaks version "
                                             + std::to_string(greeting_version));
}

tl::unexpected<error> unexpected_frame() {
  return fail(errc::malformed, "what came is not what comes next in a greeting");
}

bool well_formed(const read_cursor& in, const greeting& from) {
  return in.ok() && in.remaining() == 0 && from.node.value() >= 0;
}

} // namespace

std::vector<char> encode(const greeting& from) {
  auto frame = begin_frame(frame_kind::greeting);
  write_cursor out{frame};
  put_greeting(out, from);
  return seal(std::move(frame));
}

std::vector<char> encode(const verdict& from) {
  auto frame = begin_frame(frame_kind::verdict);
  write_cursor out{frame};
  out.number(static_cast<std::uint8_t>(from.code));
  put_text(out, from.sentence);
  put_greeting(out, from.mine);
  return seal(std::move(frame));
}

std::vector<char> encode_commit() { return seal(begin_frame(frame_kind::commit)); }

result<std::size_t> body_size(std::string_view frame_header) {
  CHECK(frame_header.size() == greeting_frame_header_bytes);
  auto size = load_be<std::uint32_t>(frame_header.data());
  if (frame_header.starts_with("\x16\x03"))
    return fail(errc::malformed, "it speaks TLS, and this node does not (peer TLS is not configured here)");
  if (frame_header.starts_with("\x15\x03"))
    return fail(errc::malformed, "it wants TLS, and this node does not speak it (peer TLS is not configured here)");
  if (size > greeting_max_bytes)
    return fail(errc::too_large, "what came is no greeting of a Troupe node");
  return std::size_t{size};
}

result<greeting> decode_greeting(std::string_view body) {
  read_cursor in{body};
  auto start = take_start(in);
  if (!start)
    return fail(std::move(start));
  if (start->version != greeting_version)
    return other_version(start->version);
  if (start->kind != frame_kind::greeting)
    return unexpected_frame();
  auto from = take_greeting(in);
  if (!well_formed(in, from))
    return fail(errc::malformed, "the greeting is damaged");
  return from;
}

result<verdict> decode_verdict(std::string_view body) {
  read_cursor in{body};
  auto start = take_start(in);
  if (!start)
    return fail(std::move(start));
  if (start->kind != frame_kind::verdict)
    return unexpected_frame();
  verdict said;
  auto code = in.number<std::uint8_t>();
  said.code = static_cast<verdict_code>(std::min(code, static_cast<std::uint8_t>(verdict_code::refused)));
  said.sentence = take_text(in);
  if (in.ok() && said.code == verdict_code::refused)
    return said;
  if (start->version != greeting_version)
    return other_version(start->version);
  said.mine = take_greeting(in);
  if (!well_formed(in, said.mine))
    return fail(errc::malformed, "the answer to the greeting is damaged");
  return said;
}

result<void> decode_commit(std::string_view body) {
  read_cursor in{body};
  auto start = take_start(in);
  if (!start)
    return fail(std::move(start));
  if (start->version != greeting_version)
    return other_version(start->version);
  if (start->kind != frame_kind::commit || in.remaining() != 0)
    return unexpected_frame();
  return {};
}

} // namespace troupe::peer
