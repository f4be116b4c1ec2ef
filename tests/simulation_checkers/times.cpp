#define CAF_SUITE times
#include "caf/test/unit_test.hpp"

#include "tests/simulation/checker.hpp"

using namespace troupe;
using namespace troupe::simulation;

namespace {

struct fixture {
  history report{false};
  ledger known;
  random_source random{1};
  const place where{"t", 0};
  checker_ptr checks = make_time_checker(known, report);

  fixture() {
    for (std::int64_t offset = 0; offset < 2; ++offset) {
      auto number = known.invent(random, where, 0, {}, 10);
      known.of(number).time = timestamp_ms{100 * (offset + 1)};
      known.facts(where).at[offset] = number;
    }
  }
  bool may_find(std::int64_t asked, std::int64_t offset, std::int64_t time, bool may_shrink = false) {
    checks->on(offset_found{where, asked, offset, time, {}, may_shrink});
    return !report.failed();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(time_tests, fixture)

CAF_TEST(the first record that is young enough is found) { CAF_CHECK(may_find(50, 0, 100) && may_find(150, 1, 200)); }

CAF_TEST(a later one is not) { CAF_CHECK(!may_find(50, 1, 200)); }

CAF_TEST(nor is an older one) { CAF_CHECK(!may_find(150, 0, 100)); }

CAF_TEST(its time is the one that it was written with) { CAF_CHECK(!may_find(150, 1, 199)); }

CAF_TEST(where records are deleted a later one may be the first) {
  CAF_CHECK(may_find(50, 1, 200, true));
}

CAF_TEST_FIXTURE_SCOPE_END()
