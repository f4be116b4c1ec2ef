#define CAF_SUITE elections
#include "caf/test/unit_test.hpp"

#include "runtime/metadata/partition_queries.hpp"
#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

struct three : controller_fixture {
  three() {
    for (int n : {1, 2, 3})
      add_broker(n);
  }

  /// It restarts; whether with what it had on disk.
  void restart(int node, bool storage_kept) {
    register_broker r;
    r.node = node_id{node};
    r.incarnation = broker_incarnation{++incarnations};
    r.endpoints = {{"kafka", "127.0.0.1", 9092}};
    r.storage_kept = storage_kept;
    run<register_broker_reply>(r);
  }

  errc elect(election_kind kind, std::string topic = "t", int partition = 0) {
    auto answer =
        run<elect_leaders_reply>(elect_leaders{kind, {{{std::move(topic), partition_id{partition}}}}});
    return answer.partitions.at(0).what.code;
  }

  void set(std::string key, std::string value) {
    altered_resource t{
        resource_kind::topic, "t", {{std::move(key), config_operation::set, std::move(value)}}};
    CAF_CHECK(run<alter_configs_reply>(alter_configs{{t}}).resources[0].what.code == errc::none);
  }

  std::uint64_t incarnations = 100;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(election_tests, three)

CAF_TEST(who leaves a set that is large enough is not eligible) {
  spread("t", {1, 2, 3});
  fence(3);
  CAF_CHECK(first("t").isr == nodes({1, 2}) && first("t").elr.empty());
}

CAF_TEST(who leaves a set below the minimum stays eligible and leads when the last one goes) {
  spread("t", {1, 2, 3});
  fence(3);
  fence(2);
  CAF_CHECK(first("t").isr == nodes({1}) && first("t").elr == nodes({2}));
  fence(1);
  CAF_CHECK(first("t").leader == no_leader);
  CAF_CHECK(first("t").isr == nodes({1}) && first("t").elr == nodes({2}));
  unfence(3); // may lack records
  CAF_CHECK(first("t").leader == no_leader);
  auto epoch = first("t").leader_epoch;
  unfence(2);
  CAF_CHECK_EQUAL(first("t").leader.value(), 2);
  CAF_CHECK(first("t").isr == nodes({2}) && first("t").elr == nodes({1}));
  CAF_CHECK_EQUAL(first("t").leader_epoch.value(), epoch.value() + 1);
  CAF_CHECK(alter("t", {2, 3}).what.code == errc::none);
  CAF_CHECK(first("t").isr == nodes({2, 3}) && first("t").elr.empty());
}

CAF_TEST(an eligible replica that lost its storage is no longer eligible) {
  spread("t", {1, 2, 3});
  fence(3);
  fence(2);
  restart(2, true);
  CAF_CHECK(first("t").elr == nodes({2}) && first("t").last_known_elr.empty());
  restart(2, false);
  CAF_CHECK(first("t").elr.empty() && first("t").last_known_elr == nodes({2}));
  unfence(2);
  fence(1);
  CAF_CHECK(first("t").leader == no_leader && first("t").isr == nodes({1}));
}

CAF_TEST(the last one in sync that lost its storage leads only if somebody insists) {
  spread("t", {1, 2, 3});
  fence(3);
  restart(2, false);
  restart(1, false);
  CAF_CHECK(first("t").isr.empty() && first("t").elr.empty());
  CAF_CHECK(first("t").last_known_elr == nodes({2, 1}) || first("t").last_known_elr == nodes({1, 2}));
  unfence(1);
  unfence(3);
  CAF_CHECK(first("t").leader == no_leader);
  CAF_CHECK(elect(election_kind::unclean) == errc::none);
  CAF_CHECK_EQUAL(first("t").leader.value(), 1); // rather than the one that fell behind
  CAF_CHECK(first("t").isr == nodes({1}) && first("t").last_known_elr.empty());
}

CAF_TEST(the last one in sync that lost its storage gives way to an eligible one) {
  spread("t", {1, 2, 3});
  fence(3);
  fence(2);
  unfence(2);
  restart(1, false);
  CAF_CHECK_EQUAL(first("t").leader.value(), 2);
  CAF_CHECK(first("t").isr == nodes({2}) && first("t").elr.empty()
            && first("t").last_known_elr == nodes({1}));
}

CAF_TEST(an unclean election happens by itself where the topic allows it) {
  spread("t", {1, 2, 3}, {{"unclean.leader.election.enable", "true"}, {"min.insync.replicas", "1"}});
  fence(3);
  fence(2);
  unfence(3);
  fence(1);
  CAF_CHECK_EQUAL(first("t").leader.value(), 3);
  CAF_CHECK(first("t").isr == nodes({3}) && first("t").elr.empty());
}

CAF_TEST(allowing unclean elections elects at once) {
  spread("t", {1, 2, 3});
  fence(3);
  fence(2);
  fence(1);
  unfence(3);
  CAF_CHECK(first("t").leader == no_leader);
  set("unclean.leader.election.enable", "true");
  CAF_CHECK_EQUAL(first("t").leader.value(), 3);
}

CAF_TEST(a smaller minimum ends eligibility) {
  spread("t", {1, 2, 3});
  fence(3);
  fence(2);
  CAF_CHECK(first("t").elr == nodes({2}));
  set("min.insync.replicas", "3");
  CAF_CHECK(first("t").elr == nodes({2}));
  set("min.insync.replicas", "1");
  CAF_CHECK(first("t").elr.empty());
}

CAF_TEST(the minimum is that of the topic or of all brokers or a majority) {
  auto minimum = [this](std::string name) { return alter(name, {1}).min_insync_replicas; };
  spread("t", {1, 2, 3});
  CAF_CHECK_EQUAL(minimum("t"), 2);
  spread("two", {1, 2});
  CAF_CHECK_EQUAL(minimum("two"), 2);
  spread("set", {1, 2, 3}, {{"min.insync.replicas", "3"}});
  CAF_CHECK_EQUAL(minimum("set"), 3);
  altered_resource all{resource_kind::broker, "", {{"min.insync.replicas", config_operation::set, "1"}}};
  CAF_CHECK(run<alter_configs_reply>(alter_configs{{all}}).resources[0].what.code == errc::none);
  CAF_CHECK_EQUAL(minimum("t"), 1);
  CAF_CHECK_EQUAL(minimum("set"), 3);
  spread("few", {1, 2}, {{"min.insync.replicas", "5"}});
  CAF_CHECK_EQUAL(minimum("few"), 2);
}

CAF_TEST(a leader changes the set in sync) {
  spread("t", {1, 2, 3});
  auto smaller = alter("t", {1, 3});
  CAF_CHECK(smaller.what.code == errc::none);
  CAF_CHECK(smaller.isr == nodes({1, 3}) && first("t").isr == nodes({1, 3}));
  CAF_CHECK_EQUAL(smaller.partition_epoch.value(), 1);
  CAF_CHECK_EQUAL(smaller.leader_epoch.value(), 0);
  CAF_CHECK_EQUAL(smaller.leader.value(), 1);
  CAF_CHECK_EQUAL(smaller.min_insync_replicas, 2);
  auto same = alter("t", {1, 3});
  CAF_CHECK(same.what.code == errc::none && same.isr == nodes({1, 3}));
  CAF_CHECK(same.partition_epoch.value() == 2 && same.leader_epoch.value() == 0); // rules out what was asked before
  CAF_CHECK(alter("t", {1, 2, 3}).what.code == errc::none);
  CAF_CHECK(first("t").isr == nodes({1, 2, 3}));
}

CAF_TEST(what a leader may not do has its error) {
  spread("t", {1, 2});
  auto* t = image().find_topic("t");
  alter_partition good{
      node_id{1}, epoch_of(1), {{t->id, partition_id{0}, {}, {}, {{node_id{1}, epoch_of(1)}}}}};
  auto code = [this](const alter_partition& what) {
    auto answer = run<alter_partition_reply>(what);
    CAF_CHECK(last.empty());
    return answer.what.code != errc::none ? answer.what.code : answer.partitions.at(0).what.code;
  };
  auto wrong = good;
  wrong.epoch = broker_epoch{77};
  CAF_CHECK(code(wrong) == errc::stale_broker_epoch);
  wrong.leader = node_id{9};
  CAF_CHECK(code(wrong) == errc::unknown_broker);
  wrong = good;
  wrong.partitions[0].topic.bytes[0] ^= 1;
  CAF_CHECK(code(wrong) == errc::unknown_topic_id);
  wrong = good;
  wrong.partitions[0].partition = partition_id{1};
  CAF_CHECK(code(wrong) == errc::unknown_topic_or_partition);
  wrong = good;
  wrong.partitions[0].leader_epoch = leader_epoch{1};
  CAF_CHECK(code(wrong) == errc::unknown_leader_epoch);
  wrong.partitions[0].leader_epoch = leader_epoch{-1};
  CAF_CHECK(code(wrong) == errc::fenced_leader_epoch);
  wrong = good;
  wrong.leader = node_id{2};
  wrong.epoch = epoch_of(2);
  CAF_CHECK(code(wrong) == errc::not_leader);
  wrong = good;
  wrong.partitions[0].partition_epoch = partition_epoch{1};
  CAF_CHECK(code(wrong) == errc::stale_partition_epoch);
  for (auto isr : {std::vector<int>{}, {2}, {1, 2, 2}, {1, 3}}) {
    wrong = good;
    wrong.partitions[0].isr.clear();
    for (auto node : isr)
      wrong.partitions[0].isr.push_back({node_id{node}, epoch_of(node)});
    CAF_CHECK(code(wrong) == errc::invalid_request);
  }
}

CAF_TEST(only live brokers under their present epoch come into the set) {
  spread("t", {1, 2, 3});
  auto old = epoch_of(2);
  restart(2, true);
  CAF_CHECK(alter("t", {1, 2, 3}).what.code == errc::ineligible_replica); // fenced
  unfence(2);
  auto& p = first("t");
  alter_partition what{node_id{1},
                       epoch_of(1),
                       {{image().find_topic("t")->id,
                         partition_id{0},
                         p.leader_epoch,
                         p.partition_epoch,
                         {{node_id{1}, epoch_of(1)}, {node_id{2}, old}, {node_id{3}, epoch_of(3)}}}}};
  CAF_CHECK(run<alter_partition_reply>(what).partitions[0].what.code == errc::ineligible_replica);
  CAF_CHECK(alter("t", {1, 2, 3}).what.code == errc::none);
}

CAF_TEST(of two changes of the same partition in one request the second one is stale) {
  spread("t", {1, 2, 3});
  alter_partition what{node_id{1}, epoch_of(1), {}};
  for (int follower : {2, 3})
    what.partitions.push_back({image().find_topic("t")->id,
                               partition_id{0},
                               {},
                               {},
                               {{node_id{1}, epoch_of(1)}, {node_id{follower}, epoch_of(follower)}}});
  auto answer = run<alter_partition_reply>(what);
  CAF_CHECK(answer.partitions[0].what.code == errc::none);
  CAF_CHECK(answer.partitions[1].what.code == errc::stale_partition_epoch);
  CAF_CHECK(first("t").isr == nodes({1, 2}));
}

CAF_TEST(a leader hears at once who is eligible since) {
  spread("t", {1, 2, 3});
  auto told = alter("t", {1});
  CAF_CHECK(told.elr == first("t").elr);
  CAF_CHECK(!told.elr.empty());
}

CAF_TEST(leadership goes back to the preferred replica) {
  spread("t", {1, 2, 3});
  CAF_CHECK(elect(election_kind::preferred) == errc::election_not_needed);
  fence(1);
  CAF_CHECK_EQUAL(first("t").leader.value(), 2);
  CAF_CHECK(elect(election_kind::preferred) == errc::preferred_leader_not_available);
  unfence(1);
  CAF_CHECK(elect(election_kind::preferred) == errc::preferred_leader_not_available); // not in sync yet
  CAF_CHECK(preferred_leaders_due(image()).empty());
  alter("t", {2, 3, 1});
  auto due = preferred_leaders_due(image());
  CAF_REQUIRE_EQUAL(due.size(), 1u);
  auto epoch = first("t").leader_epoch;
  auto answer = run<elect_leaders_reply>(elect_leaders{election_kind::preferred, due});
  CAF_CHECK(answer.partitions.at(0).what.code == errc::none);
  CAF_CHECK_EQUAL(first("t").leader.value(), 1);
  CAF_CHECK_EQUAL(first("t").leader_epoch.value(), epoch.value() + 1);
  CAF_CHECK(preferred_leaders_due(image()).empty());
}

CAF_TEST(who has come back leads where it is preferred once clients can have found it again) {
  core.lead(now_ms);
  auto settled_ms = controller_config{}.settled_after_ms;
  spread("t", {1, 2, 3});
  fence(1);
  now_ms = 2 * settled_ms;
  restart(1, true);
  unfence(1);
  alter("t", {2, 3, 1});
  now_ms += settled_ms - 1;
  CAF_CHECK(core.elections_due(now_ms).empty());
  CAF_CHECK_EQUAL(core.elections_due(now_ms + 1).size(), 1u);
  core.lead(now_ms); // this controller does not know how long it has been there
  CAF_CHECK(core.elections_due(now_ms + 1).empty());
  CAF_CHECK_EQUAL(core.elections_due(now_ms + settled_ms).size(), 1u);
}

CAF_TEST(an unclean election needs a partition without a leader and a replica that is there) {
  spread("t", {1, 2});
  CAF_CHECK(elect(election_kind::unclean) == errc::election_not_needed);
  CAF_CHECK(elect(election_kind::unclean, "t", 1) == errc::unknown_topic_or_partition);
  CAF_CHECK(elect(election_kind::unclean, "u") == errc::unknown_topic_or_partition);
  fence(2);
  restart(2, false);
  fence(1);
  CAF_CHECK(elect(election_kind::unclean) == errc::eligible_leaders_not_available);
  unfence(2);
  CAF_CHECK(elect(election_kind::preferred) == errc::preferred_leader_not_available);
  CAF_CHECK(elect(election_kind::unclean) == errc::none);
  CAF_CHECK_EQUAL(first("t").leader.value(), 2);
}

CAF_TEST(an election of all partitions names those that need one) {
  create("many", 6, 3);
  fence(1);
  unfence(1);
  auto answer = run<elect_leaders_reply>(elect_leaders{election_kind::preferred, std::nullopt});
  CAF_CHECK_EQUAL(answer.partitions.size(), 2u);
  for (auto& item : answer.partitions)
    CAF_CHECK(item.what.code == errc::preferred_leader_not_available);
  auto strange = run<elect_leaders_reply>(elect_leaders{static_cast<election_kind>(7), std::nullopt});
  CAF_CHECK(strange.what.code == errc::invalid_request && strange.partitions.empty());
}

CAF_TEST(a partition that is named twice is elected once) {
  spread("t", {1, 2, 3});
  fence(1);
  unfence(1);
  alter("t", {1, 2, 3});
  named_partition p{"t", partition_id{0}};
  auto answer = run<elect_leaders_reply>(elect_leaders{election_kind::preferred, {{p, p}}});
  CAF_CHECK(answer.partitions.at(0).what.code == errc::none);
  CAF_CHECK(answer.partitions.at(1).what.code == errc::election_not_needed);
}

CAF_TEST_FIXTURE_SCOPE_END()
