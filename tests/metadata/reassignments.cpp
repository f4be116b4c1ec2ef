#define CAF_SUITE reassignments
#include "caf/test/unit_test.hpp"

#include "runtime/metadata/partition_queries.hpp"
#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

struct five : controller_fixture {
  five() {
    for (int n : {1, 2, 3, 4, 5})
      add_broker(n);
    spread("t", {1, 2, 3});
  }

  error reassign(std::optional<std::vector<int>> target, bool may_change_factor = true) {
    alter_reassignments what;
    auto& item = what.partitions.emplace_back();
    item.partition = {"t", partition_id{0}};
    if (target)
      item.replicas = nodes(*target);
    what.may_change_factor = may_change_factor;
    return run<alter_reassignments_reply>(what).partitions.at(0).what;
  }

  const partition& p() { return first("t"); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(reassignment_tests, five)

CAF_TEST(new replicas join and the old ones leave when all new ones are in sync) {
  CAF_CHECK(reassign(std::vector{4, 5, 3}).code == errc::none);
  CAF_CHECK(p().replicas == nodes({4, 5, 3, 1, 2}));
  CAF_CHECK(p().adding == nodes({4, 5}) && p().removing == nodes({1, 2}));
  CAF_CHECK(p().isr == nodes({1, 2, 3}));
  CAF_CHECK_EQUAL(p().leader.value(), 1);
  CAF_CHECK_EQUAL(p().leader_epoch.value(), 0);
  CAF_CHECK_EQUAL(p().replication_factor(), 3);
  auto ongoing = ongoing_reassignments(image());
  CAF_REQUIRE_EQUAL(ongoing.size(), 1u);
  CAF_CHECK(ongoing[0].replicas == p().replicas && ongoing[0].adding == p().adding
            && ongoing[0].removing == p().removing);
  CAF_CHECK(alter("t", {1, 2, 3, 4}).what.code == errc::none);
  CAF_CHECK(p().is_reassigned());
  auto last_step = alter("t", {1, 2, 3, 4, 5});
  CAF_CHECK(!p().is_reassigned());
  CAF_CHECK(p().replicas == nodes({4, 5, 3}) && p().isr == nodes({3, 4, 5}));
  CAF_CHECK_EQUAL(p().leader.value(), 4);
  CAF_CHECK_EQUAL(p().leader_epoch.value(), 1);
  CAF_CHECK(last_step.isr == p().isr && last_step.leader == p().leader
            && last_step.leader_epoch == p().leader_epoch);
  CAF_CHECK(ongoing_reassignments(image()).empty());
}

CAF_TEST(an order is changed and replicas are taken away at once if the rest is in sync) {
  CAF_CHECK(reassign(std::vector{3, 1, 2}).code == errc::none);
  CAF_CHECK(p().replicas == nodes({3, 1, 2}) && !p().is_reassigned());
  CAF_CHECK_EQUAL(p().leader.value(), 1);
  CAF_CHECK_EQUAL(p().leader_epoch.value(), 0);
  CAF_CHECK(reassign(std::vector{2}).code == errc::none);
  CAF_CHECK(p().replicas == nodes({2}) && p().isr == nodes({2}));
  CAF_CHECK_EQUAL(p().leader.value(), 2);
  CAF_CHECK_EQUAL(p().leader_epoch.value(), 1);
  reassign(std::vector{2});
  CAF_CHECK(last.empty());
}

CAF_TEST(a replica that is not in sync is waited for before others leave) {
  fence(3);
  CAF_CHECK(reassign(std::vector{3}).code == errc::none);
  CAF_CHECK(p().removing == nodes({1, 2}) && p().isr == nodes({1, 2}));
  unfence(3);
  alter("t", {1, 2, 3});
  CAF_CHECK(p().replicas == nodes({3}) && p().isr == nodes({3}));
  CAF_CHECK_EQUAL(p().leader.value(), 3);
}

CAF_TEST(a reassignment is cancelled) {
  CAF_CHECK(reassign(std::nullopt).code == errc::no_reassignment);
  reassign(std::vector{4, 2, 3});
  alter("t", {1, 2, 4});
  CAF_CHECK(reassign(std::nullopt).code == errc::none);
  CAF_CHECK(!p().is_reassigned());
  CAF_CHECK(p().replicas == nodes({2, 3, 1}) && p().isr == nodes({1, 2}));
  CAF_CHECK_EQUAL(p().leader.value(), 1);
  CAF_CHECK_EQUAL(p().leader_epoch.value(), 1); // whoever was dropped must notice
}

CAF_TEST(a reassignment is replaced by another) {
  reassign(std::vector{4, 2, 3});
  alter("t", {1, 2, 3});
  CAF_CHECK(reassign(std::vector{5, 2, 3}).code == errc::none);
  CAF_CHECK(p().replicas == nodes({5, 2, 3, 1}));
  CAF_CHECK(p().adding == nodes({5}) && p().removing == nodes({1}));
  CAF_CHECK(reassign(std::vector{1, 2, 3}).code == errc::none);
  CAF_CHECK(!p().is_reassigned() && p().replicas == nodes({1, 2, 3}));
}

CAF_TEST(nobody with all records is dropped by a cancellation) {
  spread("u", {1});
  alter_reassignments what{{{{"u", partition_id{0}}, nodes({2, 3})}}};
  run<alter_reassignments_reply>(what);
  alter("u", {1, 2});
  fence(1);
  CAF_CHECK_EQUAL(first("u").leader.value(), 2);
  what.partitions[0].replicas.reset();
  auto refused = run<alter_reassignments_reply>(what).partitions[0].what;
  CAF_CHECK(refused.code == errc::invalid_replica_assignment);
  CAF_CHECK(last.empty());
  what.partitions[0].replicas = nodes({4});
  CAF_CHECK(run<alter_reassignments_reply>(what).partitions[0].what.code == errc::invalid_replica_assignment);
}

CAF_TEST(what cannot be assigned is refused) {
  CAF_CHECK(reassign(std::vector<int>{}).code == errc::invalid_replica_assignment);
  CAF_CHECK(reassign(std::vector{1, 1}).code == errc::invalid_replica_assignment);
  CAF_CHECK(reassign(std::vector{1, 9}).code == errc::invalid_replica_assignment);
  CAF_CHECK(reassign(std::vector{1, -1}).code == errc::invalid_replica_assignment);
  CAF_CHECK(reassign(std::vector{1, 2}, false).code == errc::invalid_replication_factor);
  CAF_CHECK(reassign(std::vector{4, 2, 1}, false).code == errc::none);
  CAF_CHECK(reassign(std::vector{5, 2, 1}, false).code == errc::none);
  alter_reassignments what{{{{"t", partition_id{1}}, nodes({1})}, {{"u", partition_id{0}}, nodes({1})}}};
  for (auto& item : run<alter_reassignments_reply>(what).partitions)
    CAF_CHECK(item.what.code == errc::unknown_topic_or_partition);
}

CAF_TEST(more replicas make a new minimum once they are there) {
  spread("u", {1});
  run<alter_reassignments_reply>(alter_reassignments{{{{"u", partition_id{0}}, nodes({1, 2, 3})}}});
  CAF_CHECK_EQUAL(alter("u", {1, 2}).min_insync_replicas, 1);
  CAF_CHECK_EQUAL(alter("u", {1, 2, 3}).min_insync_replicas, 2);
}

CAF_TEST(reassignments are listed by name) {
  spread("a", {1});
  run<alter_reassignments_reply>(
      alter_reassignments{{{{"a", partition_id{0}}, nodes({2})}, {{"t", partition_id{0}}, nodes({4})}}});
  CAF_CHECK_EQUAL(ongoing_reassignments(image()).size(), 2u);
  named_partition a{"a", partition_id{0}};
  auto some = ongoing_reassignments(image(), {{a, a, {"a", partition_id{1}}, {"b", partition_id{0}}}});
  CAF_REQUIRE_EQUAL(some.size(), 1u);
  CAF_CHECK(some[0].partition == a);
  auto again = decode_snapshot(encode_snapshot(image()).view()).value();
  CAF_CHECK(*again == image());
}

CAF_TEST(options that throttle replicas are taken) {
  altered_resource t{resource_kind::topic,
                     "t",
                     {{"leader.replication.throttled.replicas", config_operation::set, "0:1,0:2"},
                      {"follower.replication.throttled.replicas", config_operation::set, "*"}}};
  altered_resource b{resource_kind::broker,
                     "1",
                     {{"leader.replication.throttled.rate", config_operation::set, "1000"},
                      {"follower.replication.throttled.rate", config_operation::set, "1000"},
                      {"replica.alter.log.dirs.io.max.bytes.per.second", config_operation::remove, {}}}};
  for (auto& item : run<alter_configs_reply>(alter_configs{{t, b}}).resources)
    CAF_CHECK_EQUAL(item.what.message(), "no error");
}

CAF_TEST_FIXTURE_SCOPE_END()
