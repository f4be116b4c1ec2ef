// Puts the pieces that come from one other node together again, lane by lane. Pure. What a piece claims is believed only
// within bounds: the memory of a message is taken as soon as its size is known, but never more than a message may have.
#pragma once

#include "actors/peer/outbound_lanes.hpp"

#include <array>
#include <optional>

namespace troupe::peer {

struct inbound_message {
  peer_service service;
  bytes head;
  bytes body;
  std::size_t cost_bytes; ///< of its last piece: to give back once somebody has got the message
};

class inbound_lanes {
public:
  struct taken {
    lane which = lane::urgent;
    /// To give back at once: the piece is in its place, and more of its message is to come.
    std::size_t spent_bytes = 0;
    std::optional<inbound_message> message; ///< it was the last piece
  };

  /// Error: no node sends such a piece.
  result<taken> take(piece&& from);

private:
  struct assembly {
    peer_service service = peer_service::raft;
    std::uint32_t head_size = 0;
    bytes whole;
    std::size_t filled_bytes = 0;
    bool under_way = false;
  };

  std::array<assembly, lane_count> lanes_;
};

} // namespace troupe::peer
