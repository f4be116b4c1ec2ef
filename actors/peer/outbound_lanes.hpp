// What waits to be sent to one other node: two lanes with a window each, so that consensus and the controller need not wait
// behind megabytes of records. Pure: pieces come out as data.
#pragma once

#include "actors/peer/link_messages.hpp"

#include <array>
#include <deque>
#include <optional>

namespace troupe::peer {

enum class lane : std::uint8_t { urgent = 0, bulk = 1 };
constexpr std::size_t lane_count = 2;

constexpr lane lane_of(peer_service service) noexcept {
  return service == peer_service::replication ? lane::bulk : lane::urgent;
}

/// A message: head and body.
constexpr std::size_t message_max_bytes = 64 * limits::mib;
/// What a piece costs besides its bytes, so that a window also bounds how many there are.
constexpr std::size_t piece_cost_bytes = 256;

struct lane_limits {
  std::size_t window_bytes;
  std::size_t queue_max_bytes;
  std::size_t queue_max_messages;
};
/// Both windows together: what one node may have on its way to another.
constexpr std::array<lane_limits, lane_count> default_lane_limits{{
    {256 * limits::kib, 32 * limits::mib, 20'000},
    {768 * limits::kib, 128 * limits::mib, 20'000},
}};
static_assert(default_lane_limits[0].window_bytes + default_lane_limits[1].window_bytes == limits::mib);
static_assert(default_lane_limits[0].window_bytes >= piece_max_bytes + piece_cost_bytes);
static_assert(message_max_bytes <= UINT32_MAX);

class outbound_lanes {
public:
  explicit outbound_lanes(const std::array<lane_limits, lane_count>& limits = default_lane_limits) : limits_(limits) {}

  /// False: the queue is full, or the message is larger than any may be; nothing was taken.
  bool push(peer_send&& message);
  /// The next piece that the windows allow, the urgent lane's first; without its session.
  std::optional<piece> next();
  /// The other side has given this much of a window back.
  void give_back(lane which, std::uint64_t size_bytes);

  std::size_t queued_bytes() const noexcept { return lanes_[0].queued_bytes + lanes_[1].queued_bytes; }
  std::size_t queued_messages() const noexcept { return lanes_[0].queue.size() + lanes_[1].queue.size(); }
  /// On the way, or not given back yet.
  std::size_t outstanding_bytes() const noexcept { return lanes_[0].outstanding_bytes + lanes_[1].outstanding_bytes; }

private:
  struct message {
    peer_service service;
    std::uint32_t head_size;
    std::uint32_t size;
    std::vector<bytes> parts;
    std::size_t at_part = 0; ///< where the next piece begins
    std::size_t at_byte = 0;
    std::size_t sent_bytes = 0;
  };
  struct state {
    std::deque<message> queue;
    std::size_t queued_bytes = 0;
    std::size_t outstanding_bytes = 0;
  };

  static piece take_piece(message& from, std::size_t size);

  std::array<lane_limits, lane_count> limits_;
  std::array<state, lane_count> lanes_;
};

} // namespace troupe::peer
