// The test scheduler's jobs, told apart by the node whose actors they are: so a single node can be paused, or run to its end.
// An actor belongs to the node in whose job it was spawned.
#pragma once

#include "runtime/base/random.hpp"

#include <cstdint>
#include <optional>
#include <vector>

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

namespace troupe::simulation::cluster {

class job_pool {
public:
  explicit job_pool(caf::actor_system& system);

  /// Whatever `f` spawns belongs to the node.
  template <class F>
  auto as(int node, F&& f) {
    struct scope {
      job_pool& pool;
      int node;
      ~scope() { pool.adopt(node); }
    } guard{*this, node};
    adopt(nobody);
    return f();
  }

  /// Runs one job, chosen at random, of a node that is not paused; nothing if there is none. -1: it was nobody's.
  std::optional<int> run_one(random_source& random);
  /// False: they do not come to an end.
  bool run_all_of(int node);
  bool has_job() const { return !scheduler_.jobs.empty(); }

  void pause(int node);
  void go_on(int node);
  bool is_paused(int node) const;

  std::uint64_t jobs_run() const { return jobs_run_; }
  caf::scheduler::test_coordinator& scheduler() { return scheduler_; }

private:
  static constexpr int nobody = -1;

  int owner_of(caf::resumable* job) const;
  void run_front(int node);
  void adopt(int node);

  caf::actor_system& system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<std::int8_t> owners_; ///< by actor id
  struct paused_node {
    int node;
    std::vector<caf::resumable*> jobs;
  };
  std::vector<paused_node> paused_;
  std::uint64_t jobs_run_ = 0;
};

} // namespace troupe::simulation::cluster
