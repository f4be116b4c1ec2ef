#include "tests/simulation_cluster/observer.hpp"

namespace troupe::simulation::cluster {

observer_actor::behavior_type observer(observer_actor::stateful_pointer<observer_state> self,
                                       node_supervisor_actor node, int number, observations what) {
  auto ignore = [](const caf::error&) {};
  self->request(node, caf::infinite, find_child{"metadata_cache"})
      .then(
          [self](const caf::strong_actor_ptr& cache) {
            if (cache)
              self->send(caf::actor_cast<metadata_cache_actor>(cache), metadata_subscription{self});
          },
          ignore);
  self->request(node, caf::infinite, find_child{"raft_driver"})
      .then(
          [self](const caf::strong_actor_ptr& driver) {
            if (driver)
              self->send(caf::actor_cast<raft_driver_actor>(driver), quorum_subscription{self});
          },
          ignore);
  return {
      [what, number](const metadata_update& m) { what.metadata(number, m.image); },
      [what, number](const quorum_leader& m) { what.leader(number, m); },
  };
}

} // namespace troupe::simulation::cluster
