#define CAF_SUITE restart_backoff
#include "caf/test/unit_test.hpp"

#include "runtime/base/restart_backoff.hpp"

using troupe::restart_backoff;

CAF_TEST(who keeps dying waits twice as long each time up to the longest) {
  restart_backoff backoff;
  std::int64_t now = 1'000;
  std::int64_t expected = restart_backoff::first_ms;
  for (int i = 0; i < 15; ++i) {
    auto delay = backoff.died(now);
    CAF_CHECK_EQUAL(delay, expected);
    expected = std::min(expected * 2, restart_backoff::longest_ms);
    now += delay + 1; // dies again as soon as it is back
  }
  CAF_CHECK_EQUAL(backoff.restarts(), 15u);
}

CAF_TEST(who has lived long enough is restarted soon again) {
  restart_backoff backoff;
  std::int64_t now = 5'000;
  for (int i = 0; i < 8; ++i)
    now += backoff.died(now);
  CAF_CHECK_EQUAL(backoff.died(now + restart_backoff::well_after_ms - 1), restart_backoff::first_ms * 256);
  now += restart_backoff::well_after_ms - 1 + restart_backoff::first_ms * 256;
  CAF_CHECK_EQUAL(backoff.died(now + restart_backoff::well_after_ms), restart_backoff::first_ms);
}
