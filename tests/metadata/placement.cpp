#define CAF_SUITE placement
#include "caf/test/unit_test.hpp"

#include "runtime/metadata/placement.hpp"
#include "tests/metadata/helpers.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace troupe;
using namespace troupe::metadata;

namespace {

int spread(const std::map<node_id, int>& counts, std::size_t brokers) {
  int least = counts.size() < brokers ? 0 : 1'000'000, most = 0;
  for (auto& [node, n] : counts) {
    least = std::min(least, n);
    most = std::max(most, n);
  }
  return most - least;
}

/// By value: a range-for keeps no temporary's inside alive.
std::vector<std::vector<node_id>> placed(const controller_fixture& c, int partitions, int factor,
                                         random_source& random) {
  return place(c.image(), partitions, factor, random).value();
}

} // namespace

CAF_TEST(leaders and followers are spread evenly) {
  for (int brokers = 1; brokers <= 7; ++brokers)
    for (int factor = 1; factor <= brokers; ++factor) {
      controller_fixture c;
      for (int n = 0; n < brokers; ++n)
        c.add_broker(n);
      random_source random{static_cast<std::uint64_t>(brokers * 10 + factor)};
      auto partitions = brokers * std::max(1, brokers - 1) * 2;
      auto all = placed(c, partitions, factor, random);
      std::map<node_id, int> leads, holds;
      for (auto& replicas : all) {
        CAF_REQUIRE_EQUAL(replicas.size(), static_cast<std::size_t>(factor));
        CAF_REQUIRE_EQUAL(std::set<node_id>(replicas.begin(), replicas.end()).size(), replicas.size());
        ++leads[replicas.front()];
        for (auto r : replicas)
          ++holds[r];
      }
      CAF_CHECK_EQUAL(spread(leads, static_cast<std::size_t>(brokers)), 0);
      CAF_CHECK_EQUAL(spread(holds, static_cast<std::size_t>(brokers)), 0);
    }
}

CAF_TEST(replicas are on different racks as far as there are racks) {
  controller_fixture c;
  for (int n = 0; n < 9; ++n)
    c.add_broker(n, numbered("rack", n % 3));
  random_source random{5};
  auto racks_of = [&](const std::vector<node_id>& replicas) {
    std::set<std::string> racks;
    for (auto r : replicas)
      racks.insert(*c.image().find_broker(r)->rack);
    return racks.size();
  };
  for (auto& replicas : placed(c, 100, 3, random))
    CAF_CHECK_EQUAL(racks_of(replicas), 3u);
  for (auto& replicas : placed(c, 100, 2, random))
    CAF_CHECK_EQUAL(racks_of(replicas), 2u);
  for (auto& replicas : placed(c, 100, 5, random))
    CAF_CHECK_EQUAL(racks_of(replicas), 3u);
}

CAF_TEST(a small rack still gives every partition two racks) {
  controller_fixture c;
  c.add_broker(1, "a");
  for (int n : {2, 3, 4})
    c.add_broker(n, "b");
  random_source random{6};
  for (auto& replicas : placed(c, 50, 2, random))
    CAF_CHECK_EQUAL(std::count(replicas.begin(), replicas.end(), node_id{1}), 1);
}

CAF_TEST(topics of one partition do not all go to one broker) {
  controller_fixture c;
  for (int n : {1, 2, 3, 4})
    c.add_broker(n);
  random_source random{7};
  std::map<node_id, int> leads;
  for (int i = 0; i < 400; ++i)
    ++leads[placed(c, 1, 1, random)[0][0]];
  CAF_CHECK_EQUAL(leads.size(), 4u);
  for (auto& [node, n] : leads)
    CAF_CHECK(n > 60 && n < 140);
}

CAF_TEST(only brokers that serve get replicas) {
  controller_fixture c;
  c.add_broker(1);
  c.add_broker(2);
  c.add_broker(3, std::nullopt, true);
  random_source random{8};
  for (auto& replicas : placed(c, 20, 2, random))
    CAF_CHECK_EQUAL(std::count(replicas.begin(), replicas.end(), node_id{3}), 0);
  auto refused = place(c.image(), 1, 3, random);
  CAF_CHECK(refused.error().code == errc::invalid_replication_factor);
  CAF_CHECK_EQUAL(refused.error().detail,
                  "3 replicas are wanted, and 2 brokers are ready of 3 that are registered");
}
