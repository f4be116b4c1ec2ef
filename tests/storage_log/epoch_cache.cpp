#define CAF_SUITE epoch_cache
#include "caf/test/unit_test.hpp"

#include "runtime/storage/epoch_cache.hpp"

using namespace troupe;
using namespace troupe::storage;

namespace {

epoch_cache example() {
  epoch_cache cache;
  cache.add(leader_epoch{1}, offset{0});
  cache.add(leader_epoch{3}, offset{10});
  cache.add(leader_epoch{4}, offset{25});
  return cache;
}

std::string end_of(const epoch_cache& cache, int epoch) {
  auto end = cache.end_offset_for(leader_epoch{epoch}, offset{40});
  return std::to_string(end.epoch.value()) + " ends at " + std::to_string(end.end.value());
}

} // namespace

CAF_TEST(each epoch ends where the next one begins) {
  auto cache = example();
  CAF_CHECK_EQUAL(end_of(cache, 1), "1 ends at 10");
  CAF_CHECK_EQUAL(end_of(cache, 3), "3 ends at 25");
  CAF_CHECK_EQUAL(end_of(cache, 4), "4 ends at 40");
}

CAF_TEST(an epoch in between gives the one below it) { CAF_CHECK_EQUAL(end_of(example(), 2), "1 ends at 10"); }

CAF_TEST(an unknown epoch) {
  CAF_CHECK_EQUAL(end_of(example(), 5), "-1 ends at -1");
  CAF_CHECK_EQUAL(end_of(example(), -1), "-1 ends at -1");
  CAF_CHECK_EQUAL(end_of(epoch_cache{}, 0), "-1 ends at -1");
  CAF_CHECK_EQUAL(end_of(example(), 0), "0 ends at 0");
}

CAF_TEST(an epoch without records vanishes and an old one changes nothing) {
  auto cache = example();
  cache.add(leader_epoch{5}, offset{40});
  cache.add(leader_epoch{7}, offset{40});
  cache.add(leader_epoch{6}, offset{50});
  CAF_CHECK_EQUAL(cache.starts().size(), 4u);
  CAF_CHECK_EQUAL(cache.last().value(), 7);
  CAF_CHECK_EQUAL(end_of(cache, 5), "4 ends at 40");
}

CAF_TEST(the epoch of an offset) {
  auto cache = example();
  CAF_CHECK_EQUAL(cache.epoch_at(offset{0}).value(), 1);
  CAF_CHECK_EQUAL(cache.epoch_at(offset{9}).value(), 1);
  CAF_CHECK_EQUAL(cache.epoch_at(offset{10}).value(), 3);
  CAF_CHECK_EQUAL(cache.epoch_at(offset{1'000}).value(), 4);
  CAF_CHECK_EQUAL(epoch_cache{}.epoch_at(offset{3}).value(), -1);
}

CAF_TEST(cutting the front keeps the epoch that contains it and the one before) {
  auto cache = example();
  cache.truncate_front(offset{12});
  CAF_CHECK_EQUAL(cache.starts().size(), 3u);
  cache.truncate_front(offset{25});
  CAF_CHECK_EQUAL(cache.starts().size(), 2u);
  CAF_CHECK_EQUAL(cache.starts()[0].epoch.value(), 3);
  CAF_CHECK_EQUAL(end_of(cache, 3), "3 ends at 25");
  CAF_CHECK_EQUAL(end_of(cache, 1), "1 ends at 10"); // at the most
}

CAF_TEST(what is cut off at the end is forgotten) {
  auto cache = example();
  cache.truncate_back(offset{26});
  CAF_CHECK_EQUAL(cache.last().value(), 4);
  cache.truncate_back(offset{25}); // no record of epoch 4 is left
  CAF_CHECK_EQUAL(cache.last().value(), 3);
  cache.add(leader_epoch{4}, offset{20});
  CAF_CHECK_EQUAL(cache.epoch_at(offset{20}).value(), 4);
  cache.truncate_back(offset{0});
  CAF_CHECK(cache.starts().empty());
}
