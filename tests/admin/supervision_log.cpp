#define CAF_SUITE supervision_log

#include "caf/test/unit_test.hpp"

#include "actors/interface/supervision_log.hpp"
#include "tests/admin/manual_clock.hpp"

using namespace troupe;

CAF_TEST(who ended and why and who runs again) {
  manual_clock clock;
  supervision_log log{clock};
  log.started("node_supervisor", "reader");
  log.started("node_supervisor", "disk");
  CAF_CHECK(log.events(10).empty());
  clock.advance_ms(5);
  log.ended("node_supervisor", "reader", "out of luck", 250);
  CAF_CHECK_EQUAL(log.count().waiting, 1u);
  clock.advance_ms(250);
  log.restarted("node_supervisor", "reader");
  auto events = log.events(10);
  CAF_REQUIRE_EQUAL(events.size(), 2u);
  CAF_CHECK_EQUAL(events[0].why, "out of luck");
  CAF_CHECK_EQUAL(events[0].delay_ms, 250);
  CAF_CHECK_EQUAL(name(events[1].what), "restarted");
  CAF_CHECK_EQUAL(events[1].when - events[0].when, 250);
  auto actors = log.actors(10);
  CAF_REQUIRE_EQUAL(actors.size(), 2u);
  CAF_CHECK_EQUAL(actors[0].actor, "disk");
  CAF_CHECK_EQUAL(actors[0].restarts, 0u);
  CAF_CHECK_EQUAL(actors[1].restarts, 1u);
  CAF_CHECK_EQUAL(actors[1].why, "out of luck");
  CAF_CHECK_EQUAL(log.count().waiting, 0u);
  CAF_CHECK_EQUAL(log.count().restarts, 1u);
  log.stopped("node_supervisor", "reader");
  CAF_CHECK_EQUAL(log.count().actors, 1u);
  CAF_CHECK_EQUAL(log.count().restarts, 1u);
}

CAF_TEST(only the newest events are kept and their numbers say so) {
  manual_clock clock;
  supervision_log log{clock, 3};
  for (int i = 0; i < 5; ++i)
    log.ended("a", "b", std::to_string(i), -1);
  auto events = log.events(10);
  CAF_REQUIRE_EQUAL(events.size(), 3u);
  CAF_CHECK_EQUAL(events[0].number, 3u);
  CAF_CHECK_EQUAL(events[2].why, "4");
  CAF_CHECK_EQUAL(log.events(10, 4).size(), 1u);
  CAF_CHECK_EQUAL(log.events(10, 5).size(), 0u);
  auto newest = log.events(2);
  CAF_REQUIRE_EQUAL(newest.size(), 2u);
  CAF_CHECK_EQUAL(newest[0].number, 4u);
}

CAF_TEST(those that failed are shown first and kinds are counted together) {
  manual_clock clock;
  supervision_log log{clock};
  for (int i = 0; i < 50; ++i)
    log.started("m", "fine " + std::string(1, static_cast<char>('0' + i)));
  for (auto partition : {"partition x-1", "partition x-2"}) {
    log.ended("partition_manager", partition, "why", 10);
    log.restarted("partition_manager", partition);
  }
  auto actors = log.actors(2);
  CAF_REQUIRE_EQUAL(actors.size(), 2u);
  CAF_CHECK_EQUAL(actors[0].actor, "partition x-1");
  auto kinds = log.restarts_by_kind();
  CAF_REQUIRE_EQUAL(kinds.size(), 1u);
  CAF_CHECK_EQUAL(kinds.begin()->first.second, "partition");
  CAF_CHECK_EQUAL(kinds.begin()->second, 2u);
}
