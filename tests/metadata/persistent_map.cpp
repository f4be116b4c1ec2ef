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
  for (int round = 0; round < 1000; ++round) {
    persistent_map<int, int>::editor edit{map};
    for (int i = 0; i < 20; ++i) {
      auto key = static_cast<int>(random.below(500));
      if (random.below(5) < 3) {
        edit.set(key, round * 100 + i);
        model[key] = round * 100 + i;
      } else {
        agree = agree && edit.erase(key) == (model.erase(key) == 1);
      }
      agree = agree && map.size() == model.size();
    }
    if (round % 30 == 0)
      kept.emplace_back(map, model);
    // Sometimes an older copy is what goes on.
    if (round % 70 == 0) {
      auto& back = kept[random.below(kept.size())];
      map = back.first;
      model = back.second;
    }
  }
  CAF_CHECK(agree);
  CAF_CHECK(contents(map) == model);
  for (auto& [copy, then] : kept)
    CAF_CHECK(contents(copy) == then);
}

CAF_TEST(two copies of one map go different ways) {
  persistent_map<int, int> base;
  for (int i = 0; i < 100; ++i)
    persistent_map<int, int>::editor{base}.set(i, 0);
  auto left = base, right = base;
  persistent_map<int, int>::editor edit_left{left}, edit_right{right};
  for (int i = 0; i < 100; ++i) {
    edit_left.set(i, 1);
    edit_right.set(i, 2);
    edit_right.erase(i - 1);
  }
  auto sum = [](const persistent_map<int, int>& m) {
    int total = 0;
    m.for_each([&total](int, int value) { total += value; });
    return total;
  };
  CAF_CHECK_EQUAL(sum(base), 0);
  CAF_CHECK_EQUAL(sum(left), 100);
  CAF_CHECK_EQUAL(sum(right), 2);
  CAF_CHECK_EQUAL(right.size(), 1u);
}

CAF_TEST(an element is found by anything that compares with its key) {
  persistent_map<std::string, int> map;
  persistent_map<std::string, int>::editor edit{map};
  edit.set("one", 1);
  CAF_CHECK(map.find(std::string_view{"one"}) != nullptr);
  CAF_CHECK(map.find(std::string_view{"two"}) == nullptr);
  CAF_CHECK(!edit.erase("two"));
  CAF_CHECK(edit.erase("one"));
  CAF_CHECK(map.empty());
}

CAF_TEST(keys that come in order make no chain) {
  persistent_map<int, int> map;
  persistent_map<int, int>::editor edit{map};
  for (int i = 0; i < 200'000; ++i) // a chain would take minutes and overflow the stack
    edit.set(i, i);
  for (int i = 0; i < 200'000; i += 2)
    edit.erase(i);
  CAF_CHECK_EQUAL(map.size(), 100'000u);
  CAF_CHECK(map.find(99'999) && !map.find(99'998));
}
