#define CAF_SUITE command_bench

#include "actors/node/command/bench_load.hpp"

#include "caf/test/unit_test.hpp"

#include <algorithm>
#include <cmath>

using namespace troupe::command;

CAF_TEST(no latency is none) {
  latency_histogram none;
  CAF_CHECK_EQUAL(none.count(), 0u);
  CAF_CHECK_EQUAL(none.at_ns(0.5), 0);
  CAF_CHECK_EQUAL(none.max_ns(), 0);
}

CAF_TEST(small latencies are exact) {
  latency_histogram latency;
  for (std::int64_t ns = 1; ns <= 100; ++ns)
    latency.add(ns);
  CAF_CHECK_EQUAL(latency.at_ns(0.5), 50);
  CAF_CHECK_EQUAL(latency.at_ns(0.95), 95);
  CAF_CHECK_EQUAL(latency.at_ns(0.99), 99);
  CAF_CHECK_EQUAL(latency.at_ns(1), 100);
  CAF_CHECK_EQUAL(latency.at_ns(0), 1);
}

CAF_TEST(large latencies are right to two in a hundred and never too small) {
  for (std::int64_t ns = 1; ns < 1'000'000'000'000'000; ns = ns * 3 + 1) {
    latency_histogram latency;
    latency.add(ns);
    latency.add(ns * 1000);
    auto median = latency.at_ns(0.5);
    CAF_CHECK_GREATER_OR_EQUAL(median, ns);
    CAF_CHECK_LESS_OR_EQUAL(median, ns + ns / 50);
    CAF_CHECK_EQUAL(latency.at_ns(1), ns * 1000);
  }
}

CAF_TEST(the extremes have a bucket) {
  latency_histogram latency;
  latency.add(-5);
  latency.add(INT64_MAX);
  CAF_CHECK_EQUAL(latency.at_ns(0.5), 0);
  CAF_CHECK_EQUAL(latency.max_ns(), INT64_MAX);
  CAF_CHECK_EQUAL(latency.at_ns(1), INT64_MAX);
}

CAF_TEST(histograms add up) {
  latency_histogram a;
  latency_histogram b;
  a.add(10, 3);
  b.add(20, 7);
  a.add(b);
  CAF_CHECK_EQUAL(a.count(), 10u);
  CAF_CHECK_EQUAL(a.at_ns(0.3), 10);
  CAF_CHECK_EQUAL(a.at_ns(0.31), 20);
  CAF_CHECK_EQUAL(a.max_ns(), 20);
}

CAF_TEST(records are due at their rate) {
  due_times due{1000, 1'000'000};
  CAF_CHECK(due.has_rate());
  CAF_CHECK_EQUAL(due.count_at(999), 0u);
  CAF_CHECK_EQUAL(due.count_at(1000), 1u);
  CAF_CHECK_EQUAL(due.count_at(1999), 1u);
  CAF_CHECK_EQUAL(due.count_at(2000), 2u);
  CAF_CHECK_EQUAL(due.of(0), 1000);
  CAF_CHECK_EQUAL(due.of(5), 6000);
  CAF_CHECK(!(due_times{0, 0}.has_rate()));
}
