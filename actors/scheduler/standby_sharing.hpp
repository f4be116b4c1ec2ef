// How a node's actors share its threads: CAF's work sharing (one queue for all), except that only some of the
// workers work at a time, and that the others stand by for those that wait for a disk. So an actor may make a
// system call that takes long, in a `blocking_section`, and nobody else waits for it.
#pragma once

#include <caf/policy/unprofiled.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

namespace troupe {

/// So many of "scheduler.max-threads" stand by; at least one works.
constexpr std::size_t standby_threads = 4;

class standby_sharing : public caf::policy::unprofiled {
public:
  class coordinator_data {
  public:
    explicit coordinator_data(caf::scheduler::abstract_coordinator* self);

    void enqueue(caf::resumable* job);
    /// A worker that is done with its job (unless it is his first one) gets the next one, in time.
    caf::resumable* dequeue(bool is_first);
    /// A worker waits, or ends: another one may work instead.
    void rest();
    /// A worker goes on: for a moment there may be one more than wanted.
    void go_on();
    /// Jobs that nobody will do.
    std::deque<caf::resumable*> take_all();

  private:
    bool may_work() const noexcept { return !queue_.empty() && working_ < working_max_; }

    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<caf::resumable*> queue_;
    std::size_t working_ = 0;
    std::size_t working_max_ = 1;
  };

  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
    bool works = false;
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    d(self).enqueue(job);
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).enqueue(job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).enqueue(job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    d(self->parent()).enqueue(job);
  }

  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    return d(self->parent()).dequeue(!std::exchange(d(self).works, true));
  }
  template <class Worker>
  void before_shutdown(Worker* self) {
    d(self->parent()).rest();
  }

  template <class Worker, class F>
  void foreach_resumable(Worker*, F) {}
  template <class Coordinator, class F>
  void foreach_central_resumable(Coordinator* self, F f) {
    for (auto* job : d(self).take_all())
      f(job);
  }
};

using standby_coordinator = caf::scheduler::coordinator<standby_sharing>;

} // namespace troupe
