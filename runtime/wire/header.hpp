// The headers before every request and answer, and whole frames: a size of four bytes, the header, the body.
//
//   request v1  api key int16, api version int16, correlation id int32, client id string or null (always
//   int16 length) request v2  the same, then tagged fields (of which none is known) response v0 correlation
//   id int32 response v1 the same, then tagged fields
#pragma once

#include "runtime/wire/message.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::wire {

/// The bytes of a frame's size, which does not count itself.
constexpr std::size_t frame_size_bytes = 4;

struct request_header {
  api_key key{};
  api_version version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;

  bool operator==(const request_header&) const = default;
};

/// A request's frame taken apart; `body` shares the frame.
struct request_frame {
  request_header header;
  bytes body;
};

/// An answer's frame taken apart; `body` shares the frame.
struct response_frame {
  std::int32_t correlation_id = 0;
  bytes body;
};

/// Takes a frame (without its size) apart. The version is not judged here: see `accepts`.
/// Errors: unsupported_version for an API that is not in the catalog, malformed.
result<request_frame> open_request(const bytes& frame);

/// The same for the answer to a request of that API and version.
result<response_frame> open_response(const bytes& frame, api_key key, api_version version);

/// The correlation id of an answer, whose version only the request knows.
result<std::int32_t> peek_correlation_id(const bytes& frame);

namespace detail {

/// Writes size and header of a frame whose body will have `body_size` bytes, and makes room for all of it (a response:
/// if it will all be in `out`).
void begin_request(const request_header& header, std::size_t body_size, std::vector<char>& out);
void begin_response(std::int32_t correlation_id, api_key key, api_version version, std::size_t body_size,
                    std::vector<char>& out, bool all_here);

} // namespace detail

/// Appends a whole frame. The header's key is that of the message.
template <class T>
void append_request(request_header header, const T& body, std::vector<char>& out) {
  header.key = T::api;
  auto body_size = encoded_size(body, header.version);
  detail::begin_request(header, body_size, out);
  detail::encode_sized(body, header.version, body_size, out);
}

/// Appends a whole frame. With `splices` large slices are not copied but named there.
template <class T>
void append_response(std::int32_t correlation_id, api_version version, const T& body, std::vector<char>& out,
                     std::vector<splice>* splices = nullptr) {
  auto body_size = encoded_size(body, version);
  detail::begin_response(correlation_id, T::api, version, body_size, out, splices == nullptr);
  detail::encode_sized(body, version, body_size, out, splices);
}

} // namespace troupe::wire
