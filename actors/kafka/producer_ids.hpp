// Gives producer ids away, one for each idempotent producer that asks, from blocks that the controller allocates: an id
// is never given twice, in this or any later life of the node.
#pragma once

#include "actors/interface/controller_messages.hpp"

#include <vector>

namespace troupe::kafka {

struct producer_ids_state {
  static inline const char* name = "producer_ids";

  producer_ids_state() = default; // no aggregate: CAF would pass itself as the first member

  controller_actor controller;
  std::int64_t next = 0; ///< of the block at hand
  std::int64_t end = 0;
  std::vector<producer_id_request> waiting; ///< for the next block
};

producer_id_actor::behavior_type producer_ids(producer_id_actor::stateful_pointer<producer_ids_state> self,
                                              controller_actor controller);

} // namespace troupe::kafka
