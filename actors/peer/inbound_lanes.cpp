#include "actors/peer/inbound_lanes.hpp"

#include <cstring>

namespace troupe::peer {

namespace {

inbound_message message_of(peer_service service, const bytes& whole, std::size_t head_size, std::size_t cost_bytes) {
  return {service, whole.slice(0, head_size), whole.slice(head_size, whole.size() - head_size), cost_bytes};
}

} // namespace

result<inbound_lanes::taken> inbound_lanes::take(piece&& from) {
  if (from.service >= peer_service_count || from.content.parts.size() != 1)
    return fail(errc::malformed, "it sent a piece of a message for nobody");
  auto service = static_cast<peer_service>(from.service);
  auto& content = from.content.parts.front();
  auto cost_bytes = content.size() + piece_cost_bytes;
  taken result_of{lane_of(service), 0, std::nullopt};
  auto& into = lanes_[static_cast<std::size_t>(result_of.which)];
  if (!into.under_way) {
    if (from.head_size > from.message_size || content.size() > from.message_size
        || (content.empty() && from.message_size != 0)
        || from.message_size > message_max_bytes)
      return fail(errc::malformed, "it sent a message whose sizes contradict each other");
    if (content.size() == from.message_size) { // the whole message, not copied
      result_of.message = message_of(service, content, from.head_size, cost_bytes);
      return result_of;
    }
    into = {service, from.head_size, bytes::allocate(from.message_size), 0, true};
  } else if (into.service != service || from.message_size != 0 || content.empty()
             || content.size() > into.whole.size() - into.filled_bytes) {
    return fail(errc::malformed, "it sent a piece that is not the next one of its message");
  }
  if (!content.empty())
    std::memcpy(into.whole.mutable_data() + into.filled_bytes, content.data(), content.size());
  into.filled_bytes += content.size();
  if (into.filled_bytes < into.whole.size()) {
    result_of.spent_bytes = cost_bytes;
    return result_of;
  }
  result_of.message = message_of(service, into.whole, into.head_size, cost_bytes);
  into = {};
  return result_of;
}

} // namespace troupe::peer
