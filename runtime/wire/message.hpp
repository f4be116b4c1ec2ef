// Kafka's messages to bytes and back, each from its one description (field.hpp). Everything here is
// instantiated for every message of this room in messages_*.cpp: include the message's own header and call.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/wire/catalog.hpp"
#include "runtime/wire/field.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace troupe::wire {

/// The records of one partition in an answer: slices of the log's chunks, one after the other on the wire.
/// Decoding gives at most one slice, which shares the frame.
struct record_slices {
  std::vector<bytes> slices;

  std::size_t size() const noexcept;
  friend bool operator==(const record_slices& a, const record_slices& b);
};

/// A slice that belongs into what was written, before the byte at `position` of it.
struct splice {
  std::size_t position = 0;
  bytes data;
};

/// Smaller slices are copied: naming them would cost more.
constexpr std::size_t splice_min_bytes = 4096;

/// Where the leader is, for answers that say that it is not here (KIP-951).
struct leader_id_and_epoch {
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = -1;

  bool operator==(const leader_id_and_epoch&) const = default;
};

struct node_endpoint {
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;

  bool operator==(const node_endpoint&) const = default;
};

template <class F>
void describe(F& f, leader_id_and_epoch& m) {
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch);
}

template <class F>
void describe(F& f, node_endpoint& m) {
  f("node_id", m.node_id);
  f("host", m.host);
  f("port", m.port);
  f("rack", m.rack);
}

/// Reads a whole body. What is left over makes a response malformed and is ignored in a request. Fields of bytes share `body`; whatever is announced
/// (lengths, counts) is compared with what remains before memory is taken for it, and arrays together may not
/// take more than limits::decoded_message_max_bytes. Errors: unsupported_version, malformed, too_large; the
/// detail names the field.
template <class T>
result<T> decode(const bytes& body, api_version version);

/// Appends the body. Fields that the version does not have are left out; null where the version has no null
/// becomes empty; strings are cut where the version's length ends (32,767 bytes when not flexible). `version`
/// must be known.
template <class T>
void encode(const T& message, api_version version, std::vector<char>& out);

/// What `encode` appends.
template <class T>
std::size_t encoded_size(const T& message, api_version version);

namespace detail {

/// `encode` for a caller that knows the size already. With `splices` large slices are not copied but named there; their
/// positions are those in `out`.
template <class T>
void encode_sized(const T& message, api_version version, std::size_t size, std::vector<char>& out,
                  std::vector<splice>* splices = nullptr);

} // namespace detail

/// One line of JSON with the fields of that version; opaque bytes are shown by their size.
template <class T>
std::string to_json(const T& message, api_version version);

} // namespace troupe::wire
