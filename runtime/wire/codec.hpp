// The definitions behind message.hpp, for the files that instantiate them.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/wire/decoder.hpp"
#include "runtime/wire/encoder.hpp"
#include "runtime/wire/printer.hpp"

namespace troupe::wire {

namespace detail {

template <class T>
wire_form form_of(api_version version) {
  CHECK(info(T::api).knows(version), "a message is written in a version that there is");
  return {version, is_flexible(T::api, version)};
}

/// Kafka never looks at what follows a request, so clients that send too much went unnoticed: librdkafka 2.16 writes the
/// null list of Metadata 13, all topics, with three bytes too many.
template <class T>
inline constexpr bool may_have_more = T::label.ends_with("_request");

/// The error of a decoder that failed or stopped early.
error decode_error(const decoder& in, std::string_view message, api_version version);

/// Room for `size` more bytes: exact when the vector is empty, growing by halves else.
void reserve_more(std::vector<char>& out, std::size_t size);

} // namespace detail

template <class T>
result<T> decode(const bytes& body, api_version version) {
  if (!info(T::api).knows(version))
    return fail(errc::unsupported_version, std::string{T::label} + " v" + std::to_string(version));
  detail::decoder in{body, detail::form_of<T>(version), limits::decoded_message_max_bytes};
  T message;
  in.read_struct(message);
  if (!in.ok() || (in.remaining() != 0 && !detail::may_have_more<T>))
    return tl::unexpected<error>(detail::decode_error(in, T::label, version));
  return message;
}

template <class T>
std::size_t encoded_size(const T& message, api_version version) {
  detail::counting_sink counted;
  detail::writer counter{counted, detail::form_of<T>(version)};
  counter.write_struct(message);
  return counted.position();
}

template <class T>
void detail::encode_sized(const T& message, api_version version, std::size_t size, std::vector<char>& out,
                          std::vector<splice>* splices) {
  auto before = out.size();
  if (!splices)
    reserve_more(out, size);
  std::size_t spliced = 0;
  {
    appending_sink sink{out, splices};
    writer output{sink, form_of<T>(version)};
    output.write_struct(message);
    spliced = sink.spliced_bytes();
  }
  CHECK(out.size() - before + spliced == size, "counting and writing agree");
}

template <class T>
void encode(const T& message, api_version version, std::vector<char>& out) {
  detail::encode_sized(message, version, encoded_size(message, version), out);
}

template <class T>
std::string to_json(const T& message, api_version version) {
  std::string text;
  detail::printer out{text, version};
  out.print_struct(message);
  return text;
}

} // namespace troupe::wire

#define TROUPE_WIRE_MESSAGE(type)                                                                            \
  template result<type> decode(const bytes&, api_version);                                                   \
  template void encode(const type&, api_version, std::vector<char>&);                                        \
  template void detail::encode_sized(const type&, api_version, std::size_t, std::vector<char>&,              \
                                     std::vector<splice>*);                                                 \
  template std::size_t encoded_size(const type&, api_version);                                               \
  template std::string to_json(const type&, api_version);
