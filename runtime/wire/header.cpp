#include "runtime/wire/header.hpp"

#include "runtime/base/cursor.hpp"
#include "runtime/wire/codec.hpp"

#include <limits>

namespace troupe::wire {

namespace {

constexpr std::size_t fixed_request_header_bytes = 8;

/// Leaves the cursor behind the tagged fields of a header.
void skip_header_tags(read_cursor& in) {
  auto count = in.uvarint();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    in.uvarint();
    in.take(in.uvarint());
  }
}

bytes rest_of(const bytes& frame, const read_cursor& in) {
  return frame.slice(in.position(), frame.size() - in.position());
}

std::string_view client_id_text(const request_header& header) {
  return std::string_view{*header.client_id}.substr(0, std::numeric_limits<std::int16_t>::max());
}

} // namespace

result<request_frame> open_request(const bytes& frame) {
  read_cursor in{frame.view()};
  auto key = in.number<std::int16_t>();
  auto version = in.number<std::int16_t>();
  auto correlation_id = in.number<std::int32_t>();
  if (!in.ok())
    return fail(errc::malformed, "request header of " + std::to_string(frame.size()) + " bytes");
  if (!find_api(key))
    return fail(errc::unsupported_version, "API key " + std::to_string(key));
  request_frame request{{static_cast<api_key>(key), version, correlation_id, std::nullopt}, {}};
  auto length = in.number<std::int16_t>();
  if (length >= 0)
    request.header.client_id = std::string{in.take(static_cast<std::size_t>(length))};
  else if (length < -1)
    in.fail();
  if (request_header_version(request.header.key, version) >= 2)
    skip_header_tags(in);
  if (!in.ok())
    return fail(errc::malformed, "request header of " + std::string{info(request.header.key).name});
  request.body = rest_of(frame, in);
  return request;
}

result<response_frame> open_response(const bytes& frame, api_key key, api_version version) {
  read_cursor in{frame.view()};
  response_frame response{in.number<std::int32_t>(), {}};
  if (response_header_version(key, version) >= 1)
    skip_header_tags(in);
  if (!in.ok())
    return fail(errc::malformed, "response header of " + std::string{info(key).name});
  response.body = rest_of(frame, in);
  return response;
}

result<std::int32_t> peek_correlation_id(const bytes& frame) {
  read_cursor in{frame.view()};
  auto id = in.number<std::int32_t>();
  if (!in.ok())
    return fail(errc::malformed, "response of " + std::to_string(frame.size()) + " bytes");
  return id;
}

namespace detail {

void begin_request(const request_header& header, std::size_t body_size, std::vector<char>& out) {
  auto tagged = request_header_version(header.key, header.version) >= 2;
  auto id_size = header.client_id ? client_id_text(header).size() : 0;
  auto size = fixed_request_header_bytes + sizeof(std::int16_t) + id_size + (tagged ? 1 : 0) + body_size;
  reserve_more(out, frame_size_bytes + size);
  write_cursor writer{out};
  writer.number(static_cast<std::int32_t>(size));
  writer.number(static_cast<std::int16_t>(header.key));
  writer.number(header.version);
  writer.number(header.correlation_id);
  if (header.client_id) {
    writer.number(static_cast<std::int16_t>(id_size));
    writer.put(client_id_text(header));
  } else {
    writer.number(std::int16_t{-1});
  }
  if (tagged)
    writer.uvarint(0);
}

void begin_response(std::int32_t correlation_id, api_key key, api_version version, std::size_t body_size,
                    std::vector<char>& out, bool all_here) {
  auto tagged = response_header_version(key, version) >= 1;
  auto size = sizeof correlation_id + (tagged ? 1 : 0) + body_size;
  if (all_here)
    reserve_more(out, frame_size_bytes + size);
  write_cursor writer{out};
  writer.number(static_cast<std::int32_t>(size));
  writer.number(correlation_id);
  if (tagged)
    writer.uvarint(0);
}

} // namespace detail

} // namespace troupe::wire
