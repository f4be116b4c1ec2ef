#include "actors/client/wait_permit.hpp"

#include <cstddef>
#include <map>
#include <mutex>

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/scoped_execution_unit.hpp>

namespace troupe::client {

namespace {

struct waiting_threads {
  std::mutex mutex;
  std::map<const caf::actor_system*, std::size_t> of; ///< only systems of which some wait
};

waiting_threads& waiting() {
  static waiting_threads all;
  return all;
}

} // namespace

wait_permit::wait_permit(caf::execution_unit* of) {
  if (!of || dynamic_cast<caf::scoped_execution_unit*>(of))
    return;
  auto& system = of->system();
  std::lock_guard lock{waiting().mutex};
  auto found = waiting().of.find(&system);
  auto others = found == waiting().of.end() ? 0 : found->second;
  is_given_ = others + 1 < system.scheduler().num_workers();
  if (!is_given_)
    return;
  counted_ = &system;
  waiting().of[counted_] = others + 1;
}

wait_permit::~wait_permit() {
  if (!counted_)
    return;
  std::lock_guard lock{waiting().mutex};
  if (--waiting().of[counted_] == 0)
    waiting().of.erase(counted_);
}

} // namespace troupe::client
