#define CAF_SUITE divergence
#include "caf/test/unit_test.hpp"

#include "tests/simulation_checkers/play.hpp"

using namespace troupe;
using namespace troupe::simulation;
using namespace troupe::simulation::cluster;

namespace {

struct fixture {
  history report{false};
  play_disks disks;
  play_metadata metadata;
  checker_ptr checks = make_divergence_checker(report, disks);
  const place where = play_metadata::where;

  fixture() {
    checks->on(metadata.seen());
    disks.put(1, where, {0, 2, 0, 10});
    disks.put(2, where, {0, 2, 0, 10});
    disks.put(1, where, {2, 4, 0, 11});
    disks.put(2, where, {2, 4, 0, 99});
  }
  void knows(std::int32_t node, std::int64_t high_watermark) {
    checks->on(high_watermark_known{node_id{node}, where, high_watermark});
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(divergence_tests, fixture)

CAF_TEST(two replicas may differ above what one of them knows to be committed) {
  knows(1, 4);
  knows(2, 3);
  CAF_CHECK(!report.failed());
  knows(2, 4);
  CAF_CHECK(report.failed());
}

CAF_TEST(what is known to be committed is not cut off) {
  knows(1, 2);
  checks->on(log_cut{node_id{1}, where, 2});
  CAF_CHECK(!report.failed());
  checks->on(log_cut{node_id{1}, where, 0});
  CAF_CHECK(report.failed());
}

CAF_TEST(a new disk has a new log) {
  knows(1, 2);
  checks->on(node_wiped{node_id{1}});
  checks->on(log_cut{node_id{1}, where, 0});
  CAF_CHECK(!report.failed());
}

CAF_TEST(at rest the logs are the same to their ends) {
  checks->on(cluster_at_rest{});
  CAF_CHECK(report.failed());
}

CAF_TEST_FIXTURE_SCOPE_END()
