// What passes between this node and each other one, counted where it passes.
#pragma once

#include "actors/interface/peer_messages.hpp"
#include "runtime/metrics/registry.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace troupe::peer {

/// One other node. Its link counts.
struct peer_counters {
  metrics::counter sent_messages;
  metrics::counter sent_bytes; ///< of heads and bodies
  metrics::counter received_messages;
  metrics::counter received_bytes;
  metrics::counter dropped_messages; ///< not connected, or too much was waiting
  metrics::counter connections;      ///< how often one was made
  metrics::gauge connected;          ///< 1 or 0
  metrics::gauge queued_bytes;       ///< waiting for the window
  metrics::duration_histogram round_trips;
};

struct peer_metrics {
  metrics::counter refused; ///< incoming connections that were not let in

  /// The same one each time for a node. Safe from any thread.
  std::shared_ptr<peer_counters> of(node_id node);
  void collect(metrics::sink& to) const;

private:
  mutable std::mutex mutex_;
  std::map<node_id, std::shared_ptr<peer_counters>> peers_;
};

using peer_metrics_ptr = std::shared_ptr<peer_metrics>;

} // namespace troupe::peer
