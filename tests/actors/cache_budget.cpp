#define CAF_SUITE cache_budget
#include "caf/test/dsl.hpp"

#include "actors/partition/cache_budget.hpp"

using namespace troupe;

namespace {

caf::behavior idle() { return {[](int) {}}; }

struct member {
  caf::actor actor;
  cache_budget::share_ptr share;
};

struct fixture : test_coordinator_fixture<> {
  static constexpr std::int64_t limit = 3'200;

  ~fixture() {
    for (auto& one : members)
      caf::anon_send_exit(one.actor, caf::exit_reason::user_shutdown);
    run();
  }

  member& add(std::int64_t used_at_ns) {
    auto actor = sys.spawn(idle);
    auto share = budget.join(actor.address());
    share->used_at_ns = used_at_ns;
    members.push_back({actor, share});
    return members.back();
  }

  std::deque<member> members;
  cache_budget budget{limit};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cache_budget_tests, fixture)

CAF_TEST(nobody gives back while there is room) {
  auto& one = add(1);
  CAF_CHECK(budget.hold(*one.share, limit).empty());
  CAF_CHECK_EQUAL(budget.used_bytes(), limit);
}

CAF_TEST(who was not used for longest gives back and not who holds most) {
  auto& newest = add(30);
  auto& oldest = add(10);
  auto& middle = add(20);
  budget.hold(*oldest.share, 1'000);
  budget.hold(*middle.share, 1'000);
  auto demands = budget.hold(*newest.share, 1'300);
  CAF_REQUIRE_EQUAL(demands.size(), 1u);
  CAF_CHECK(demands[0].from == oldest.actor.address());
  CAF_CHECK_EQUAL(demands[0].size_bytes, 100 + limit / 32); // with some slack for what comes next
  CAF_CHECK(budget.hold(*newest.share, 1'350).empty());
}

CAF_TEST(several give back when one is not enough and the asking one is the last) {
  auto& first = add(10);
  auto& second = add(20);
  auto& asking = add(30);
  budget.hold(*first.share, 100);
  budget.hold(*second.share, 200);
  auto demands = budget.hold(*asking.share, limit + 500);
  CAF_REQUIRE_EQUAL(demands.size(), 3u);
  CAF_CHECK(demands[0].from == first.actor.address() && demands[0].size_bytes == 100);
  CAF_CHECK(demands[1].from == second.actor.address() && demands[1].size_bytes == 200);
  CAF_CHECK(demands[2].from == asking.actor.address() && demands[2].size_bytes == 600);
  CAF_CHECK_EQUAL(budget.used_bytes(), limit - limit / 32);
}

CAF_TEST(what a partition held is free again when it leaves) {
  auto& one = add(1);
  auto& other = add(2);
  budget.hold(*one.share, limit);
  budget.leave(one.share);
  CAF_CHECK_EQUAL(budget.used_bytes(), 0);
  CAF_CHECK(budget.hold(*other.share, limit).empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
