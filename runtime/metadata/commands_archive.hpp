// Commands to the controller and its replies as bytes, from node to node.
//
//   message  = command | reply
//   command  = format u8 1  kind u8 1  correlation u64  archive
//   reply    = format u8 1  kind u8 2  correlation u64  code u8  leader i32  version u64  [ archive ]
//   archive  = a Boost.Serialization binary archive with its header: tag u8, and the command or reply itself
//
// Numbers are little-endian. `code` is an errc; unless it is none, there is no archive. The tag is the place
// in the lists `command` and `reply` of commands.hpp. Every class has a version of its own: an older one is
// read, a newer one refused.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/metadata/commands.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace troupe::metadata {

constexpr std::size_t controller_message_max_bytes = 8 * 1024 * 1024;

struct command_message {
  std::uint64_t correlation = 0; // the asker's; the reply has the same
  command what;
};

struct reply_message {
  std::uint64_t correlation = 0;
  errc code = errc::none;   // not_leader, busy, shutting_down: then `what` means nothing
  node_id leader{-1};       // of the quorum, as far as the sender knows
  metadata_version version; // images from this version on show the change
  reply what;
};

using controller_message = std::variant<command_message, reply_message>;

/// Error too_large: a text of more than 65,535 bytes, a list of more than as many elements, or all together
/// more than controller_message_max_bytes.
result<bytes> encode(const command_message& message);
result<bytes> encode(const reply_message& message);

/// Takes no more memory than a small multiple of the bytes. Errors: malformed, wrong_format (a newer version
/// wrote it).
result<controller_message> decode_controller_message(std::string_view data);

} // namespace troupe::metadata
