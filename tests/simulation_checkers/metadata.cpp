#define CAF_SUITE metadata_checkers
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
  const place where = play_metadata::where;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(metadata_checker_tests, fixture)

CAF_TEST(what one client hears of a node does not go back in its life) {
  auto checks = make_view_checker(report, disks);
  checks->on(leader_told{where, 5, 1, 0, 1, "producer 0"});
  checks->on(leader_told{where, 4, 1, 0, 1, "producer 1"});
  checks->on(leader_told{where, 4, 1, 1, 1, "producer 0"});
  checks->on(leader_told{where, 4, 1, 0, 2, "producer 0"});
  CAF_CHECK(!report.failed());
  checks->on(leader_told{where, 3, 1, 0, 2, "producer 0"});
  CAF_CHECK(report.failed());
}

CAF_TEST(a term does not go back in a life) {
  auto checks = make_term_checker(report, disks);
  checks->on(quorum_leader_seen{0, 1, {raft::no_node, raft::term{3}}});
  checks->on(quorum_leader_seen{0, 2, {raft::no_node, raft::term{2}}});
  CAF_CHECK(!report.failed());
  checks->on(quorum_leader_seen{0, 2, {raft::no_node, raft::term{1}}});
  CAF_CHECK(report.failed());
}

CAF_TEST(nobody who is fenced is in sync) {
  auto checks = make_partition_checker(report, disks);
  checks->on(metadata.in_sync({node_id{1}, node_id{2}}));
  CAF_CHECK(!report.failed());
  checks->on(metadata.fenced(2));
  CAF_CHECK(report.failed());
}

CAF_TEST_FIXTURE_SCOPE_END()
