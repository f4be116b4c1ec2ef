// How BASP uses a transport: CAF's scribe over it. Unlike CAF's own it closes hard, so that nothing waits for a peer that
// does not read, and cuts a connection that announces a frame which no node sends.
#pragma once

#include "actors/peer/transport.hpp"

#include <caf/io/network/multiplexer.hpp>
#include <caf/io/scribe.hpp>

namespace troupe::peer {

/// The largest frame of BASP that a node sends: a piece (link_messages.hpp) with what CAF puts around it.
constexpr std::size_t basp_frame_max_bytes = 512 * 1024;

/// For BASP's broker; `over` then belongs to the event loop's thread.
caf::io::scribe_ptr make_scribe(caf::io::network::multiplexer& loop, transport_ptr over);

} // namespace troupe::peer
