#define CAF_SUITE liveness
#include "caf/test/unit_test.hpp"

#include "tests/simulation_checkers/play.hpp"

using namespace troupe;
using namespace troupe::simulation;
using namespace troupe::simulation::cluster;

namespace {

struct fixture {
  history report{false};
  play_disks disks;
  checker_ptr checks = make_liveness_checker(report, disks);
  const place where = play_metadata::where;

  bool may_take(std::int64_t ms) {
    checks->on(write_wanted{where, 1'000});
    checks->on(write_done{where, 1'000 + ms});
    return !report.failed();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(liveness_tests, fixture)

CAF_TEST(a cluster may take its time to recover) {
  checks->on(cluster_healed{});
  CAF_CHECK(may_take(29'000));
  CAF_CHECK(!may_take(31'000));
  CAF_CHECK(report.result() == outcome::liveness);
}

CAF_TEST(one that is whole answers at once) {
  checks->on(cluster_healed{});
  checks->on(cluster_whole{});
  CAF_CHECK(may_take(1'000));
  CAF_CHECK(!may_take(4'000));
}

CAF_TEST_FIXTURE_SCOPE_END()
