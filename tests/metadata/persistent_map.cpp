#define CAF_SUITE persistent_map
#include "caf/test/unit_test.hpp"

#include "runtime/base/random.hpp"
#include "runtime/metadata/persistent_map.hpp"

#include <map>
#include <string>
#include <vector>

using namespace troupe;
using metadata::persistent_map;

namespace {

std::map<int, int> contents(const persistent_map<int, int>& m) {
  std::map<int, int> all;
  int last = -1;
  auto sorted = true;
  m.for_each([&](int key, int value) {
    sorted = sorted && key > last;
    last = key;
    all[key] = value;
  });
  CAF_REQUIRE(sorted);
  return all;
}

} // namespace

CAF_TEST(copies never see what happens to others) {
  random_source random{3};
  persistent_map<int, int> map;
  std::map<int, int> model;
  std::vector<std::pair<persistent_map<int, int>, std::map<int, int>>> kept;
  auto agree = true;
  for (int i = 0; i < 20'000; ++i) {
    auto key = static_cast<int>(random.below(500));
    if (random.below(5) < 3) {
      map.set(key, i);
      model[key] = i;
    } else {
      agree = agree && map.erase(key) == (model.erase(key) == 1);
    }
    agree = agree && map.size() == model.size();
    if (i % 1000 == 0)
      kept.emplace_back(map, model);
  }
  CAF_CHECK(agree);
  CAF_CHECK(contents(map) == model);
  for (auto& [copy, then] : kept)
    CAF_CHECK(contents(copy) == then);
}

CAF_TEST(an element is found by anything that compares with its key) {
  persistent_map<std::string, int> map;
  map.set("one", 1);
  CAF_CHECK(map.find(std::string_view{"one"}) != nullptr);
  CAF_CHECK(map.find(std::string_view{"two"}) == nullptr);
  CAF_CHECK(!map.erase("two"));
  CAF_CHECK(map.erase("one"));
  CAF_CHECK(map.empty());
}

CAF_TEST(keys that come in order make no chain) {
  persistent_map<int, int> map;
  for (int i = 0; i < 200'000; ++i) // a chain would take minutes and overflow the stack
    map.set(i, i);
  for (int i = 0; i < 200'000; i += 2)
    map.erase(i);
  CAF_CHECK_EQUAL(map.size(), 100'000u);
  CAF_CHECK(map.find(99'999) && !map.find(99'998));
}
