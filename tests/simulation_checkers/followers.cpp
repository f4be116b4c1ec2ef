#define CAF_SUITE followers
#include "caf/test/unit_test.hpp"

#include "tests/simulation_checkers/play.hpp"

using namespace troupe;
using namespace troupe::simulation;
using namespace troupe::simulation::cluster;

namespace {

struct fixture {
  history report{false};
  play_disks disks;
  checker_ptr checks = make_follower_checker(report, disks);
  const place where = play_metadata::where;

  fixture() { checks->on(high_watermark_known{node_id{1}, where, 5, true}); }

  bool may_give(std::int64_t from, std::int64_t first, std::int64_t high_watermark) {
    records_read what{where, 0, from, high_watermark, 0, true, {{first, 1, "", {}}}, {}};
    checks->on(follower_read{node_id{2}, what});
    return !report.failed();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(follower_tests, fixture)

CAF_TEST(a follower gives what a leader has called committed) { CAF_CHECK(may_give(4, 4, 5)); }

CAF_TEST(a follower gives no more) { CAF_CHECK(!may_give(5, 5, 5)); }

CAF_TEST(a follower tells of no more) {
  checks->on(high_watermark_known{node_id{2}, where, 9, false});
  CAF_CHECK(!may_give(3, 3, 9));
}

CAF_TEST(a follower leaves nothing out) { CAF_CHECK(!may_give(2, 4, 5)); }

CAF_TEST_FIXTURE_SCOPE_END()
