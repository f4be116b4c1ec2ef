#include "actors/scheduler/standby_sharing.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace troupe {

standby_sharing::coordinator_data::coordinator_data(caf::scheduler::abstract_coordinator* self) {
  auto threads = caf::get_or(self->system().config(), "scheduler.max-threads", std::size_t{1});
  working_max_ = threads > standby_threads ? threads - standby_threads : 1;
}

// Who works looks into the queue when he is done: only for him who may work besides is somebody woken.
void standby_sharing::coordinator_data::enqueue(caf::resumable* job) {
  std::unique_lock guard{lock_};
  queue_.push_back(job);
  if (working_ < working_max_)
    changed_.notify_one();
}

caf::resumable* standby_sharing::coordinator_data::dequeue(bool is_first) {
  std::unique_lock guard{lock_};
  if (!is_first)
    --working_;
  changed_.wait(guard, [this] { return may_work(); });
  ++working_;
  auto* job = queue_.front();
  queue_.pop_front();
  return job;
}

void standby_sharing::coordinator_data::rest() {
  std::unique_lock guard{lock_};
  --working_;
  if (may_work())
    changed_.notify_one();
}

void standby_sharing::coordinator_data::go_on() {
  std::unique_lock guard{lock_};
  ++working_;
}

std::deque<caf::resumable*> standby_sharing::coordinator_data::take_all() {
  std::unique_lock guard{lock_};
  return std::exchange(queue_, {});
}

} // namespace troupe
