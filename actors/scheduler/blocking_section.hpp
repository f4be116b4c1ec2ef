// Says that the thread at hand waits for something outside, such as a disk, for as long as this object lives.
#pragma once

#include "actors/scheduler/standby_sharing.hpp"

#include <caf/execution_unit.hpp>

namespace troupe {

/// Whether it is one of the scheduler's threads, and others stand by for it.
inline bool is_worker(caf::execution_unit* unit) {
  return dynamic_cast<caf::scheduler::worker<standby_sharing>*>(unit) != nullptr;
}

class blocking_section {
public:
  /// `on`: what the actor runs on, its `context()`. Anything but one of the scheduler's threads makes this do
  /// nothing.
  explicit blocking_section(caf::execution_unit* on)
      : worker_(dynamic_cast<caf::scheduler::worker<standby_sharing>*>(on)) {
    if (worker_)
      worker_->parent()->data().rest();
  }
  ~blocking_section() {
    if (worker_)
      worker_->parent()->data().go_on();
  }
  blocking_section(const blocking_section&) = delete;
  blocking_section& operator=(const blocking_section&) = delete;

private:
  caf::scheduler::worker<standby_sharing>* worker_;
};

} // namespace troupe
