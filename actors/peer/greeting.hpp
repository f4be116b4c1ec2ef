// What two nodes say to each other on a new connection, before CAF sees a byte of it: who they are, and whether they want
// to be connected. Only then is the connection handed to BASP, which trusts whoever can talk to it.
//
//   frame    = size:u32 body               size <= greeting_max_bytes
//   body     = magic:u32 version:u16 kind:u8 rest
//   greeting = (kind 1) node:i32 wanted:i32 incarnation:u64 session:u64 cluster_id:text machine_id:text
//   verdict  = (kind 2) code:u8 sentence:text greeting's rest
//   commit   = (kind 3)
//   text     = size:u16 bytes
//
//   dialer -> acceptor  greeting
//   dialer <- acceptor  verdict            refused or later: both close
//   dialer -> acceptor  commit             from here on both speak BASP, the acceptor as its server
//
// Numbers are big-endian. Magic, version, kind, code and sentence stay the same in all versions, so that a refusal can be
// read by everybody.
#pragma once

#include "actors/interface/peer_messages.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::peer {

constexpr std::uint16_t greeting_version = 1;
constexpr std::size_t greeting_max_bytes = 1024;
constexpr std::size_t greeting_frame_header_bytes = 4;

struct greeting {
  node_id node;             ///< who speaks
  node_id wanted{-1};       ///< whom the dialer expects to find; -1: whoever it is
  peer_incarnation incarnation;
  std::uint64_t session = 0; ///< the dialer's choice, at random: names the connection
  std::string cluster_id;    ///< empty: does not know yet
  std::string machine_id;    ///< CAF's name of the process, as bytes

  friend bool operator==(const greeting&, const greeting&) = default;
};

enum class verdict_code : std::uint8_t {
  welcome = 0,
  later = 1, ///< not this one: the two nodes dialed each other at the same time, and the other connection goes first
  refused = 2,
};

struct verdict {
  verdict_code code = verdict_code::refused;
  std::string sentence; ///< why not
  greeting mine;        ///< of the acceptor

  friend bool operator==(const verdict&, const verdict&) = default;
};

/// Whole frames.
std::vector<char> encode(const greeting& from);
std::vector<char> encode(const verdict& from);
std::vector<char> encode_commit();

/// The size of the body that follows, by the first bytes of a frame. Errors: too_large, or malformed for what is plainly
/// something else.
result<std::size_t> body_size(std::string_view frame_header);

/// The bodies. Errors are one sentence each: malformed, or unsupported_version.
result<greeting> decode_greeting(std::string_view body);
result<verdict> decode_verdict(std::string_view body);
result<void> decode_commit(std::string_view body);

} // namespace troupe::peer
