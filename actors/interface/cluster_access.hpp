// All that a native producer or consumer needs of a cluster. Who has one does not see whether the node is in its own
// process or behind a connection.
#pragma once

#include "actors/interface/broker_view.hpp"
#include "actors/interface/controller_messages.hpp"
#include "runtime/base/clock.hpp"

namespace troupe {

/// Handles to actors of this process: of the node itself, or of a gateway that stands for a node elsewhere, whose views
/// then name proxies for the partitions. Partitions come and go with the views; these three stay.
struct cluster_access {
  view_source views;
  controller_actor controller;
  producer_id_actor producer_ids;
  const clock_port* clock = nullptr; ///< of records' timestamps; outlives every client. Null: the machine's
};

} // namespace troupe
