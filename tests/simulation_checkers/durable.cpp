#define CAF_SUITE durable
#include "caf/test/unit_test.hpp"

#include "tests/simulation_checkers/play.hpp"

using namespace troupe;
using namespace troupe::simulation;
using namespace troupe::simulation::cluster;

namespace {

struct fixture {
  history report{false};
  play_disks disks;
  play_metadata metadata;
  checker_ptr checks = make_durable_checker(report, disks);
  const place where = play_metadata::where;

  void synced(std::initializer_list<std::int32_t> nodes, std::int64_t base) {
    for (auto node : nodes)
      disks.put(node, where, {base, base + 2, 0, 0});
  }
  void acknowledged(std::int64_t base) { checks->on(batch_acknowledged{where, base, {1, 2}, {}}); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(durable_tests, fixture)

CAF_TEST(an acknowledgement needs as many disks as min insync replicas says) {
  checks->on(metadata.in_sync({node_id{1}}));
  synced({1, 2}, 0);
  acknowledged(0);
  CAF_CHECK(!report.failed());
  synced({1}, 2);
  acknowledged(2);
  CAF_CHECK(report.failed());
}

CAF_TEST(every member of the in sync set has what was acknowledged) {
  checks->on(metadata.in_sync({node_id{1}, node_id{2}, node_id{3}}));
  synced({1, 2}, 0);
  acknowledged(0);
  CAF_CHECK(!report.failed()); // the leader may know more than has been seen
  checks->on(cluster_at_rest{});
  CAF_CHECK(report.failed());
}

CAF_TEST(who is none in the next state need not have it) {
  checks->on(metadata.in_sync({node_id{1}, node_id{2}, node_id{3}}));
  synced({1, 2}, 0);
  acknowledged(0);
  checks->on(metadata.in_sync({node_id{1}, node_id{2}}));
  checks->on(cluster_at_rest{});
  CAF_CHECK(!report.failed());
}

CAF_TEST(who joins the in sync set or may lead later has what was acknowledged before) {
  checks->on(metadata.in_sync({node_id{1}, node_id{2}}));
  synced({1, 2}, 0);
  acknowledged(0);
  checks->on(metadata.in_sync({node_id{1}}, {node_id{2}}));
  CAF_CHECK(!report.failed());
  checks->on(metadata.in_sync({node_id{1}}, {node_id{2}, node_id{3}}));
  checks->on(cluster_at_rest{});
  CAF_CHECK(report.failed());
}

CAF_TEST(a wiped disk is excused until its broker has come back) {
  checks->on(metadata.in_sync({node_id{1}, node_id{2}, node_id{3}}));
  checks->on(node_wiped{node_id{3}});
  synced({1, 2}, 0);
  acknowledged(0);
  CAF_CHECK(!report.failed());
  checks->on(metadata.registered(3, 9));
  synced({1, 2}, 2);
  acknowledged(2);
  checks->on(cluster_at_rest{});
  CAF_CHECK(report.failed());
}

CAF_TEST_FIXTURE_SCOPE_END()
