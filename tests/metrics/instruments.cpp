#define CAF_SUITE metrics_instruments

#include "caf/test/unit_test.hpp"

#include "runtime/metrics/instruments.hpp"
#include "runtime/metrics/process.hpp"
#include "runtime/metrics/snapshot.hpp"

#include <thread>

#include <unistd.h>

using namespace troupe::metrics;

CAF_TEST(a counter adds up what several threads count) {
  counter all;
  auto count = [&all] {
    for (int i = 0; i < 100'000; ++i)
      all.add();
  };
  std::thread other{count};
  count();
  other.join();
  CAF_CHECK_EQUAL(all.value(), 200'000u);
}

CAF_TEST(a gauge goes up and down) {
  gauge level;
  level.set(5);
  level.add(-7);
  CAF_CHECK_EQUAL(level.value(), -2);
}

CAF_TEST(bounds are inclusive and ascending) {
  CAF_CHECK(std::is_sorted(duration_bounds_ns.begin(), duration_bounds_ns.end()));
  CAF_CHECK(std::adjacent_find(duration_bounds_ns.begin(), duration_bounds_ns.end()) == duration_bounds_ns.end());
  duration_histogram histogram;
  histogram.observe(10'000);         // the first bound itself
  histogram.observe(10'001);         // just above it
  histogram.observe(0);
  histogram.observe(10'000'000'000); // the last bound
  histogram.observe(10'000'000'001); // above all
  auto values = histogram.values();
  CAF_REQUIRE_EQUAL(values.counts.size(), duration_bounds_ns.size() + 1);
  CAF_CHECK_EQUAL(values.counts[0], 2u);
  CAF_CHECK_EQUAL(values.counts[1], 1u);
  CAF_CHECK_EQUAL(values.counts[values.counts.size() - 2], 1u);
  CAF_CHECK_EQUAL(values.counts.back(), 1u);
  CAF_CHECK_EQUAL(values.total(), 5u);
  CAF_CHECK_EQUAL(values.sum, 20'000'020'002);
}

CAF_TEST(a clock that went backwards does no harm) {
  duration_histogram histogram;
  histogram.observe(-5);
  auto values = histogram.values();
  CAF_CHECK_EQUAL(values.counts[0], 1u);
  CAF_CHECK_EQUAL(values.sum, 0);
}

CAF_TEST(the process knows itself) {
  auto facts = this_process();
  CAF_CHECK(facts.resident_bytes > 100'000);
  CAF_CHECK(facts.virtual_bytes >= facts.resident_bytes);
  CAF_CHECK(facts.threads >= 1);
  CAF_CHECK(facts.open_files >= 3);
  CAF_CHECK(facts.started_seconds > 1'500'000'000);
  int pipe[2];
  CAF_REQUIRE(::pipe(pipe) == 0);
  CAF_CHECK_EQUAL(this_process().open_files, facts.open_files + 2);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

CAF_TEST(a snapshot keeps what is wanted) {
  registry all;
  all.add([](sink& to) {
    to.counter("one_total", "One.", 1);
    to.gauge("two", "Two.", 2);
    if (to.family("three", family_kind::gauge, "Three."))
      to.sample({{"a", "b"}, {"c", "d"}}, 3);
  });
  snapshot some{{"three", "four"}};
  all.collect(some);
  CAF_REQUIRE_EQUAL(some.families().size(), 1u);
  CAF_CHECK_EQUAL(some.families()[0].name, "three");
  CAF_REQUIRE_EQUAL(some.families()[0].samples.size(), 1u);
  CAF_CHECK_EQUAL(some.families()[0].samples[0].labels[1].second, "d");
  CAF_CHECK_EQUAL(some.families()[0].samples[0].value, 3);
  snapshot everything;
  all.collect(everything);
  CAF_CHECK_EQUAL(everything.families().size(), 3u);
}
