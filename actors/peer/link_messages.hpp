// What two links say to each other through BASP. These four types are all that a node lets CAF build from what comes over
// the network; how much one may claim is checked before memory is taken for it.
#pragma once

#include "actors/interface/peer_messages.hpp"
#include "runtime/base/limits.hpp"

#include <vector>

#include <caf/all.hpp>
#include <caf/binary_deserializer.hpp>

namespace troupe::peer {

/// Of a piece's bytes: what is longer goes in several pieces, so that others get in between.
constexpr std::size_t piece_max_bytes = 128 * limits::kib;

/// Bytes that were not copied on the way in, and are in one range when they have come.
struct piece_bytes {
  std::vector<bytes> parts;

  std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (auto& part : parts)
      sum += part.size();
    return sum;
  }
};

/// The first message of the side that dialed: names the connection, so that nothing of an older one is taken for new.
struct hello {
  std::uint64_t session = 0;
};

/// A message of a lane, or a part of one; those of a lane come in order.
struct piece {
  std::uint64_t session = 0;
  std::uint8_t service = 0;
  /// Of the whole message, in its first piece; 0 in others.
  std::uint32_t head_size = 0;
  std::uint32_t message_size = 0; ///< head and body
  piece_bytes content;
};

/// That many bytes of each lane's window may be sent again.
struct credit {
  std::uint64_t session = 0;
  std::uint64_t urgent_bytes = 0;
  std::uint64_t bulk_bytes = 0;
};

/// Comes each interval, so that silence means something; sent back once, as it came, with `is_answer`.
struct heartbeat {
  std::uint64_t session = 0;
  std::int64_t sent_ns = 0;
  bool is_answer = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, hello& x) {
  return f(caf::meta::type_name("hello"), x.session);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, piece_bytes& x) {
  if constexpr (std::is_same_v<Inspector, caf::serializer>) {
    auto size = static_cast<std::uint32_t>(x.size());
    if (auto problem = f(size))
      return problem;
    for (auto& part : x.parts)
      if (!part.empty())
        if (auto problem = f.apply_raw(part.size(), const_cast<char*>(part.data())))
          return problem;
    return caf::error{};
  } else if constexpr (std::is_same_v<Inspector, caf::deserializer>) {
    std::uint32_t size = 0;
    if (auto problem = f(size))
      return problem;
    auto* source = dynamic_cast<caf::binary_deserializer*>(&f);
    if (!source || size > source->remaining() || size > piece_max_bytes)
      return caf::sec::end_of_stream;
    x.parts.assign(1, bytes::allocate(size));
    return size == 0 ? caf::error{} : f.apply_raw(size, x.parts.front().mutable_data());
  } else {
    auto size = x.size();
    return f(caf::meta::type_name("bytes"), size);
  }
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, piece& x) {
  return f(caf::meta::type_name("piece"), x.session, x.service, x.head_size, x.message_size, x.content);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, credit& x) {
  return f(caf::meta::type_name("credit"), x.session, x.urgent_bytes, x.bulk_bytes);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, heartbeat& x) {
  return f(caf::meta::type_name("heartbeat"), x.session, x.sent_ns, x.is_answer);
}

/// What a link can be sent from another node.
using remote_link_actor = caf::typed_actor<caf::reacts_to<hello>, caf::reacts_to<piece>, caf::reacts_to<credit>,
                                           caf::reacts_to<heartbeat>>;

} // namespace troupe::peer
