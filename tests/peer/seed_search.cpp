#define CAF_SUITE seed_search

#include "actors/peer/seed_search.hpp"

#include "caf/test/unit_test.hpp"

using namespace troupe;
using namespace troupe::peer;

namespace {

const std::vector<seed_address> two{{"a", 1}, {"::1", 2}};

} // namespace

CAF_TEST(seeds are tried in turn with a rest after each round) {
  seed_search search;
  CAF_CHECK(!search.is_on());
  search.want(two, 0);
  CAF_CHECK(search.current() == two[0]);
  CAF_CHECK(!search.failed("why"));
  CAF_CHECK(search.current() == two[1]);
  CAF_CHECK(search.failed("why"));
  CAF_CHECK(search.current() == two[0]);
  search.want(two, 1); // the same: nothing begins anew
  search.failed("why");
  search.want(two, 2);
  CAF_CHECK_EQUAL(search.place(), 1u);
  search.want({}, 3);
  CAF_CHECK(!search.is_on());
}

CAF_TEST(who was tried in vain is told once in a while) {
  seed_search search;
  search.want(two, 1'000);
  search.failed("nobody listens");
  CAF_CHECK_EQUAL(search.report(1'000 + seed_search::report_after_ms), ""); // the other one was not tried yet
  search.failed("it is silent");
  CAF_CHECK_EQUAL(search.report(999 + seed_search::report_after_ms), "");
  CAF_CHECK_EQUAL(search.report(1'000 + seed_search::report_after_ms),
                  "no seed has let this node in for 5 s; it tries on. Tried: a:1: nobody listens; [::1]:2: it is silent");
  CAF_CHECK_EQUAL(search.report(1'001 + seed_search::report_after_ms), "");
  CAF_CHECK(search.report(1'000 + 2 * seed_search::report_after_ms).starts_with("no seed has let this node in for 10 s"));
  search.answered();
  CAF_CHECK_EQUAL(search.report(1'000 + 3 * seed_search::report_after_ms), "");
}
