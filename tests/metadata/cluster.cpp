#define CAF_SUITE cluster
#include "caf/test/unit_test.hpp"

#include "tests/metadata/cluster_model.hpp"
#include "tests/support_cpp/seeds.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

constexpr int steps = 1000;

} // namespace

CAF_TEST(whatever happens to brokers nothing acknowledged is lost) {
  cluster_model::tally all;
  auto seeds = test::seeds_wanted(2000);
  test::seed_watch watch;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    watch.begins(seed);
    cluster_model model{seed};
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
