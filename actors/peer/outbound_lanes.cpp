#include "actors/peer/outbound_lanes.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace troupe::peer {

bool outbound_lanes::push(peer_send&& message_in) {
  auto which = static_cast<std::size_t>(lane_of(message_in.service));
  auto& lane_state = lanes_[which];
  auto size = message_in.head.size();
  for (auto& part : message_in.body)
    size += part.size();
  if (size > message_max_bytes || lane_state.queue.size() >= limits_[which].queue_max_messages
      || (!lane_state.queue.empty() && lane_state.queued_bytes + size > limits_[which].queue_max_bytes))
    return false;
  message taken{message_in.service, static_cast<std::uint32_t>(message_in.head.size()), static_cast<std::uint32_t>(size),
                std::move(message_in.body)};
  taken.parts.insert(taken.parts.begin(), std::move(message_in.head));
  lane_state.queued_bytes += size;
  lane_state.queue.push_back(std::move(taken));
  return true;
}

std::optional<piece> outbound_lanes::next() {
  for (std::size_t i = 0; i < lane_count; ++i) {
    auto& lane_state = lanes_[i];
    if (lane_state.queue.empty())
      continue;
    auto& front = lane_state.queue.front();
    auto size = std::min<std::size_t>(front.size - front.sent_bytes, piece_max_bytes);
    if (lane_state.outstanding_bytes > 0
        && lane_state.outstanding_bytes + size + piece_cost_bytes > limits_[i].window_bytes)
      continue;
    auto made = take_piece(front, size);
    lane_state.outstanding_bytes += size + piece_cost_bytes;
    lane_state.queued_bytes -= size;
    if (front.sent_bytes == front.size)
      lane_state.queue.pop_front();
    return made;
  }
  return std::nullopt;
}

piece outbound_lanes::take_piece(message& from, std::size_t size) {
  piece made;
  made.service = static_cast<std::uint8_t>(from.service);
  if (from.sent_bytes == 0) {
    made.head_size = from.head_size;
    made.message_size = from.size;
  }
  from.sent_bytes += size;
  while (size > 0) {
    auto& part = from.parts[from.at_part];
    auto part_size = std::min(size, part.size() - from.at_byte);
    if (part_size > 0)
      made.content.parts.push_back(part.slice(from.at_byte, part_size));
    from.at_byte += part_size;
    size -= part_size;
    if (from.at_byte == part.size()) {
      part = {}; // on its way: whoever else has it decides how long it lives
      ++from.at_part;
      from.at_byte = 0;
    }
  }
  return made;
}

void outbound_lanes::give_back(lane which, std::uint64_t size_bytes) {
  auto& lane_state = lanes_[static_cast<std::size_t>(which)];
  lane_state.outstanding_bytes -= std::min<std::uint64_t>(size_bytes, lane_state.outstanding_bytes);
}

} // namespace troupe::peer
