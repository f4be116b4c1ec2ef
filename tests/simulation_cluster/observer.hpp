// Looks into a node: every version of the metadata that it learns, and whom it takes for the quorum's leader.
#pragma once

#include "actors/controller/raft_messages.hpp"
#include "actors/node/node_supervisor.hpp"

#include <functional>
#include <string_view>

namespace troupe::simulation::cluster {

struct observations {
  /// `observer` counts who looks: each is told everything in order, but two are not in step.
  std::function<void(int observer, const metadata::image_ptr&)> metadata = [](int, const metadata::image_ptr&) {};
  std::function<void(int observer, const quorum_leader&)> leader = [](int, const quorum_leader&) {};
  /// A group of its journal is durable.
  std::function<void(std::string_view group)> journal_written = [](std::string_view) {};
  std::function<void()> wiped = [] {};
};

using observer_actor = caf::typed_actor<caf::reacts_to<metadata_update>, caf::reacts_to<quorum_leader>>;

struct observer_state {
  static inline const char* name = "observer";
};

observer_actor::behavior_type observer(observer_actor::stateful_pointer<observer_state> self,
                                       node_supervisor_actor node, int number, observations what);

} // namespace troupe::simulation::cluster
