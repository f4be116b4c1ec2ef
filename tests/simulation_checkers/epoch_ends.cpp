#define CAF_SUITE epoch_ends
#include "caf/test/unit_test.hpp"

#include "tests/simulation_checkers/play.hpp"

using namespace troupe;
using namespace troupe::simulation;
using namespace troupe::simulation::cluster;

namespace {

struct fixture {
  history report{false};
  play_disks disks;
  checker_ptr checks = make_epoch_end_checker(report, disks);
  const place where = play_metadata::where;

  fixture() { read({{0, 1, "", {}, 3}, {1, 2, "", {}, 3}, {2, 3, "", {}, 5}}); }

  void read(std::vector<read_record> records) {
    checks->on(records_read{where, 0, 0, 9, 0, true, std::move(records), {}});
  }
  bool may_say(std::int32_t by, std::int32_t asked, std::int32_t epoch, std::int64_t end) {
    checks->on(epoch_end_told{where, by, asked, epoch, end});
    return !report.failed();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(epoch_end_tests, fixture)

CAF_TEST(an epoch ends where the next one begins) {
  CAF_CHECK(may_say(5, 3, 3, 2));
  CAF_CHECK(may_say(5, 4, 3, 2));
  CAF_CHECK(may_say(5, 5, 5, 3));
}

CAF_TEST(an end is not below what was read of the epoch) { CAF_CHECK(!may_say(5, 3, 3, 1)); }

CAF_TEST(an end is not above what was read of a later epoch) { CAF_CHECK(!may_say(5, 4, 3, 3)); }

CAF_TEST(a leader that was deposed knows nothing of later epochs) { CAF_CHECK(may_say(4, 4, 4, 9)); }

CAF_TEST(no later epoch is named than was asked for) { CAF_CHECK(!may_say(5, 4, 5, 3)); }

CAF_TEST(ends do not go back while epochs grow) {
  CAF_CHECK(may_say(9, 7, 6, 8));
  CAF_CHECK(!may_say(9, 8, 6, 7));
}

CAF_TEST(epochs do not go back while offsets grow) {
  read({{3, 4, "", {}, 4}});
  CAF_CHECK(report.failed());
}

CAF_TEST_FIXTURE_SCOPE_END()
