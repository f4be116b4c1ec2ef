#include "tests/simulation_cluster/job_pool.hpp"

#include <algorithm>
#include <utility>

namespace troupe::simulation::cluster {

namespace {

/// Actors that were told to end are through after so many jobs.
constexpr int jobs_to_end_max = 500'000;

} // namespace

job_pool::job_pool(caf::actor_system& system)
    : system_(system), scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())) {
  adopt(nobody);
}

void job_pool::adopt(int node) {
  owners_.resize(static_cast<std::size_t>(system_.latest_actor_id()) + 1, static_cast<std::int8_t>(node));
}

int job_pool::owner_of(caf::resumable* job) const {
  auto* actor = dynamic_cast<caf::scheduled_actor*>(job);
  if (!actor || actor->id() >= owners_.size())
    return nobody;
  return owners_[actor->id()];
}

void job_pool::run_front(int node) {
  ++jobs_run_;
  scheduler_.run_once();
  adopt(node);
}

std::optional<int> job_pool::run_one(random_source& random) {
  auto& jobs = scheduler_.jobs;
  while (!jobs.empty()) {
    std::swap(jobs.front(), jobs[random.below(jobs.size())]);
    auto node = owner_of(jobs.front());
    auto paused = std::find_if(paused_.begin(), paused_.end(), [node](auto& one) { return one.node == node; });
    if (paused == paused_.end()) {
      run_front(node);
      return node;
    }
    paused->jobs.push_back(jobs.front());
    jobs.pop_front();
  }
  return std::nullopt;
}

bool job_pool::run_all_of(int node) {
  go_on(node);
  auto& jobs = scheduler_.jobs;
  for (int n = 0; n < jobs_to_end_max; ++n) {
    auto found = std::find_if(jobs.begin(), jobs.end(), [&](auto* job) { return owner_of(job) == node; });
    if (found == jobs.end())
      return true;
    std::swap(jobs.front(), *found);
    run_front(node);
  }
  return false;
}

bool job_pool::is_paused(int node) const {
  return std::any_of(paused_.begin(), paused_.end(), [node](auto& one) { return one.node == node; });
}

void job_pool::pause(int node) {
  if (!is_paused(node))
    paused_.push_back({node, {}});
}

void job_pool::go_on(int node) {
  auto found = std::find_if(paused_.begin(), paused_.end(), [node](auto& one) { return one.node == node; });
  if (found == paused_.end())
    return;
  auto& jobs = scheduler_.jobs;
  jobs.insert(jobs.end(), found->jobs.begin(), found->jobs.end());
  paused_.erase(found);
}

} // namespace troupe::simulation::cluster
