#define CAF_SUITE retention
#include "caf/test/unit_test.hpp"

#include "tests/simulation_checkers/play.hpp"

using namespace troupe;
using namespace troupe::simulation;
using namespace troupe::simulation::cluster;

CAF_TEST(only what is old enough may be gone) {
  history report{false};
  play_disks disks;
  auto checks = make_retention_checker(report, disks);
  auto where = play_metadata::where;
  records_read both{where, 0, 0, 2, 0, true, {{0, 1, "", timestamp_ms{100}}, {1, 2, "", timestamp_ms{200}}}, {}};
  checks->on(both);
  checks->on(log_start_told{where, 1, timestamp_ms{150}});
  CAF_CHECK(!report.failed());
  checks->on(log_start_told{where, 2, timestamp_ms{150}});
  CAF_CHECK(report.failed());
}
