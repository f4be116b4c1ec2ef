// The vocabulary of a message's description.
//
// A message is a plain struct with the field names of Kafka's protocol, and one function that lists its
// fields in wire order, one line each:
//
//   template <class F>
//   void describe(F& f, produce_response& m) {
//     f("responses", m.responses);
//     f("throttle_time_ms", m.throttle_time_ms, since(1));
//     f("node_endpoints", m.node_endpoints, since(10).tagged(0));
//   }
//
// `F` is any of the visitors: decoder, encoder (and its size), printer, randomizer. The C++ type says what is
// on the wire: int8_t to int64_t, bool, topic_id (a uuid), std::string, bytes (opaque), record_slices
// (records), std::vector (an array), a struct with a description of its own; std::optional is what may be
// null (a struct then has a byte before it). In flexible versions (KIP-482) lengths are compact and each struct ends with its tagged fields, which
// are described last, in the order of their tags. A tagged field is left out on the wire while it has its
// default: the fourth argument, if it is not the type's own.
#pragma once

#include <cstdint>
#include <limits>

namespace troupe::wire {

/// The version of one API's request and response.
using api_version = std::int16_t;

/// In which versions a field is there, and how.
struct field {
  api_version first = 0;
  api_version last = std::numeric_limits<api_version>::max();
  /// From here on an optional field may be null on the wire. Before, null is written as empty.
  api_version null_since = 0;
  /// The tag, or -1 for a field that is always written.
  int tag = -1;

  constexpr field nullable(api_version version) const noexcept {
    auto copy = *this;
    copy.null_since = version;
    return copy;
  }
  constexpr field tagged(int number) const noexcept {
    auto copy = *this;
    copy.tag = number;
    return copy;
  }
  constexpr bool is_in(api_version version) const noexcept { return first <= version && version <= last; }
};

constexpr field always{};
constexpr field since(api_version first) noexcept { return {.first = first}; }
constexpr field until(api_version last) noexcept { return {.last = last}; }
constexpr field between(api_version first, api_version last) noexcept {
  return {.first = first, .last = last};
}

} // namespace troupe::wire
