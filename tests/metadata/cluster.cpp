#define CAF_SUITE cluster
#include "caf/test/unit_test.hpp"

#include "tests/metadata/cluster_model.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

constexpr int steps = 1000;

/// The first of so many seeds that finds something wrong; 0 if none does.
std::uint64_t first_found(model_mistake mistake, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    if (cluster_model{seed, mistake}.run(steps))
      return seed;
  return 0;
}

} // namespace

CAF_TEST(whatever happens to brokers nothing acknowledged is lost) {
  cluster_model::tally all;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    cluster_model model{seed, model_mistake::none};
    auto problem = model.run(steps);
    if (problem)
      CAF_FAIL("seed " << seed << ": " << *problem);
    auto& one = model.counted();
    all.acknowledged += one.acknowledged;
    all.elections += one.elections;
    all.from_eligible += one.from_eligible;
    all.unclean += one.unclean;
    all.leaderless += one.leaderless;
    all.grown += one.grown;
    all.reassigned += one.reassigned;
    all.shut_down += one.shut_down;
    all.lost_disks += one.lost_disks;
    all.new_controllers += one.new_controllers;
  }
  CAF_MESSAGE("acknowledged " << all.acknowledged << ", elections " << all.elections << ", from eligible "
                              << all.from_eligible << ", unclean " << all.unclean << ", leaderless "
                              << all.leaderless << ", grown " << all.grown << ", reassigned "
                              << all.reassigned << ", shut down " << all.shut_down << ", lost disks "
                              << all.lost_disks << ", new controllers " << all.new_controllers);
  // Every rare thing has happened often enough to mean something.
  for (auto count : {all.acknowledged, all.elections, all.from_eligible, all.unclean, all.leaderless,
                     all.grown, all.reassigned, all.shut_down, all.lost_disks, all.new_controllers})
    CAF_CHECK(count > 100);
}

CAF_TEST(an in sync set without a look at broker epochs is found) {
  CAF_CHECK(first_found(model_mistake::no_broker_epoch_check, 2000) > 0);
}

CAF_TEST(a controller without eligible replicas is found) {
  CAF_CHECK(first_found(model_mistake::no_eligible_replicas, 2000) > 0);
}

CAF_TEST(a controller that does not notice lost disks is found) {
  CAF_CHECK(first_found(model_mistake::lost_storage_unnoticed, 2000) > 0);
}
