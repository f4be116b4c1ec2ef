#define CAF_SUITE offset_heap
#include "caf/test/unit_test.hpp"

#include "runtime/base/random.hpp"
#include "runtime/replication/offset_heap.hpp"

#include <map>

using namespace troupe;
using namespace troupe::replication;

CAF_TEST(the lowest comes first and among equals whoever came first) {
  offset_heap heap;
  heap.push(offset{5}, 1);
  heap.push(offset{3}, 2);
  heap.push(offset{5}, 3);
  heap.push(offset{3}, 4);
  CAF_CHECK_EQUAL(heap.lowest().value(), 3);
  CAF_CHECK_EQUAL(heap.pop(), 2u);
  CAF_CHECK_EQUAL(heap.pop(), 4u);
  CAF_CHECK_EQUAL(heap.pop(), 1u);
  CAF_CHECK_EQUAL(heap.pop(), 3u);
  CAF_CHECK(heap.empty());
}

CAF_TEST(a waiter that is gone names nothing even when its place is used again) {
  offset_heap heap;
  auto first = heap.push(offset{1}, 1);
  CAF_CHECK(heap.erase(first));
  CAF_CHECK(!heap.erase(first));
  auto second = heap.push(offset{1}, 2);
  CAF_CHECK_EQUAL(second.slot, first.slot);
  CAF_CHECK(!heap.erase(first));
  CAF_CHECK(!heap.erase(waiter{}));
  CAF_CHECK(!heap.erase(waiter{77, 1}));
  CAF_CHECK_EQUAL(heap.pop(), 2u);
  CAF_CHECK(!heap.erase(second));
}

CAF_TEST(random pushes and pops and erasures agree with a sorted map) {
  random_source random{11};
  offset_heap heap;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::pair<token, waiter>> model; // (offset, order)
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    switch (random.below(4)) {
    case 0:
    case 1: {
      offset at{static_cast<std::int64_t>(random.below(50))};
      model[{at.value(), i}] = {i, heap.push(at, i)};
      break;
    }
    case 2:
      if (!model.empty()) {
        CAF_REQUIRE_EQUAL(heap.lowest().value(), model.begin()->first.first);
        CAF_REQUIRE_EQUAL(heap.pop(), model.begin()->second.first);
        model.erase(model.begin());
      }
      break;
    default:
      if (!model.empty()) {
        auto chosen = std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
        CAF_REQUIRE(heap.erase(chosen->second.second));
        CAF_REQUIRE(!heap.erase(chosen->second.second));
        model.erase(chosen);
      }
    }
    CAF_REQUIRE_EQUAL(heap.size(), model.size());
  }
}
