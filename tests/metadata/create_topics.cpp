#define CAF_SUITE create_topics
#include "caf/test/unit_test.hpp"

#include "tests/metadata/helpers.hpp"

#include <algorithm>
#include <set>

using namespace troupe;
using namespace troupe::metadata;

namespace {

struct one_broker : controller_fixture {
  one_broker() { add_broker(1); }
};

struct three_brokers : controller_fixture {
  three_brokers() {
    for (int n : {1, 2, 3})
      add_broker(n);
  }
};

new_topic assigned(std::string name, std::vector<std::pair<int, std::vector<int>>> assignments) {
  new_topic t;
  t.name = std::move(name);
  for (auto& [p, replicas] : assignments)
    t.assignments.emplace_back(partition_id{p}, nodes(replicas));
  return t;
}

new_topic configured(std::string name, std::string key, std::optional<std::string> value) {
  new_topic t;
  t.name = std::move(name);
  t.configs.push_back({std::move(key), std::move(value)});
  return t;
}

std::string value_of(const created_topic& t, std::string_view key) {
  for (auto& c : t.configs)
    if (c.option->name == key)
      return c.value;
  return "?";
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(one_broker_tests, one_broker)

CAF_TEST(a topic gets the defaults it does not name) {
  auto made = create("events");
  CAF_CHECK(made.what.code == errc::none);
  CAF_CHECK_EQUAL(made.partitions, 1);
  CAF_CHECK_EQUAL(made.replication_factor, 1);
  CAF_CHECK(!made.id.is_zero());
  auto* topic = image().find_topic("events");
  CAF_REQUIRE(topic != nullptr);
  CAF_CHECK(topic->id == made.id);
  auto& p = topic->partitions.at(0);
  CAF_CHECK(p.replicas == nodes({1}) && p.isr == nodes({1}));
  CAF_CHECK_EQUAL(p.leader.value(), 1);
  CAF_CHECK_EQUAL(p.leader_epoch.value(), 0);
}

CAF_TEST(names are checked as Kafka does) {
  for (auto bad : {"", ".", "..", "a b", "a/b", "\xc3\xa4", "a\nb", "a,b"})
    CAF_CHECK(create(bad).what.code == errc::invalid_topic);
  CAF_CHECK(create(std::string(250, 'x')).what.code == errc::invalid_topic);
  CAF_CHECK(create(std::string(249, 'x')).what.code == errc::none);
  CAF_CHECK(create("...").what.code == errc::none);
  CAF_CHECK(create("Az09._-").what.code == errc::none);
}

CAF_TEST(names that metrics cannot tell apart collide) {
  CAF_CHECK(create("a.b").what.code == errc::none);
  auto refused = create("a_b");
  CAF_CHECK(refused.what.code == errc::invalid_topic);
  CAF_CHECK(refused.what.detail.find("a.b") != std::string::npos);
  CAF_CHECK(create("a-b").what.code == errc::none);
  new_topic x, y;
  x.name = "x.y";
  y.name = "x_y";
  auto both = run<create_topics_reply>(create_topics{{x, y}, true});
  CAF_CHECK(both.topics[0].what.code == errc::none);
  CAF_CHECK(both.topics[1].what.code == errc::invalid_topic);
  // Once it is gone the name is free.
  run<delete_topics_reply>(delete_topics{{{"a.b", {}}}});
  CAF_CHECK(create("a_b").what.code == errc::none);
}

CAF_TEST(one bad topic leaves the others of its request alone) {
  new_topic good, bad, twice;
  good.name = "good";
  bad.name = "b a d";
  twice.name = "twice";
  auto answer = run<create_topics_reply>(create_topics{{twice, good, bad, twice}});
  CAF_REQUIRE_EQUAL(answer.topics.size(), 4u);
  CAF_CHECK(answer.topics[0].what.code == errc::invalid_request);
  CAF_CHECK(answer.topics[1].what.code == errc::none);
  CAF_CHECK(answer.topics[2].what.code == errc::invalid_topic);
  CAF_CHECK(answer.topics[3].what.code == errc::invalid_request);
  CAF_CHECK_EQUAL(image().topic_count(), 1u);
}

CAF_TEST(a topic is created once) {
  create("t");
  CAF_CHECK(create("t").what.code == errc::topic_already_exists);
  // What exists is found out before anything else about the request.
  CAF_CHECK(create("t", 0, 0).what.code == errc::topic_already_exists);
}

CAF_TEST(a second creation is refused before the first one is committed) {
  new_topic t;
  t.name = "t";
  auto first = core.decide(create_topics{{t}});
  auto second = core.decide(create_topics{{t}});
  CAF_CHECK(!first.records.empty() && second.records.empty());
  CAF_CHECK(std::get<create_topics_reply>(second.answer).topics[0].what.code == errc::topic_already_exists);
  CAF_CHECK(image().find_topic("t") == nullptr);
  // Leadership was lost: the decision is void, and the next one starts from what is committed.
  core.abandon();
  auto third = core.decide(create_topics{{t}});
  CAF_CHECK(!third.records.empty());
}

CAF_TEST(partitions and replication factor are checked in this order) {
  CAF_CHECK(create("t", 0).what.code == errc::invalid_partitions);
  CAF_CHECK(create("t", -2, 0).what.code == errc::invalid_partitions);
  CAF_CHECK(create("t", 20'001).what.code == errc::invalid_partitions);
  CAF_CHECK(create("t", 1, 0).what.code == errc::invalid_replication_factor);
  CAF_CHECK(create("t", 1, -2).what.code == errc::invalid_replication_factor);
  auto refused = create("t", 1, 2);
  CAF_CHECK(refused.what.code == errc::invalid_replication_factor);
  CAF_CHECK_EQUAL(refused.what.detail, "2 replicas are wanted, and 1 broker is ready");
  CAF_CHECK_EQUAL(image().topic_count(), 0u);
}

CAF_TEST(all partitions together are limited) {
  for (int i = 0; i < 5; ++i)
    CAF_CHECK(create(numbered("t", i), 20'000).what.code == errc::none);
  CAF_CHECK_EQUAL(image().partition_count(), 100'000u);
  CAF_CHECK(create("more", 1).what.code == errc::invalid_partitions);
  run<delete_topics_reply>(delete_topics{{{"t0", {}}}});
  CAF_CHECK(create("more", 1).what.code == errc::none);
}

CAF_TEST(options are stored and shown with where they come from) {
  auto made = create(configured("t", "retention.ms", "1000"));
  CAF_CHECK(made.what.code == errc::none);
  CAF_CHECK_EQUAL(image().find_topic("t")->configs.at("retention.ms"), "1000");
  CAF_CHECK_EQUAL(made.configs.size(), topic_options_table().size());
  CAF_CHECK_EQUAL(value_of(made, "retention.ms"), "1000");
  CAF_CHECK_EQUAL(value_of(made, "cleanup.policy"), "delete");
  CAF_CHECK_EQUAL(value_of(made, "min.insync.replicas"), "1");
  for (auto& c : made.configs)
    CAF_CHECK((c.source == config_source::topic) == (c.option->name == "retention.ms"));
}

CAF_TEST(bad options are refused in a sentence) {
  auto unknown = create(configured("t", "retention.m", "1"));
  CAF_CHECK(unknown.what.code == errc::invalid_config);
  CAF_CHECK_EQUAL(unknown.what.detail, "there is no topic option retention.m, did you mean retention.ms?");
  auto wrong = create(configured("t", "retention.ms", "soon"));
  CAF_CHECK(wrong.what.code == errc::invalid_config);
  CAF_CHECK_EQUAL(wrong.what.detail, "retention.ms = soon: must be a number from -1");
  CAF_CHECK(create(configured("t", "retention.ms", std::nullopt)).what.code == errc::invalid_config);
  // Partitions are checked before the options.
  auto both = configured("t", "retention.ms", "soon");
  both.partitions = 0;
  CAF_CHECK(create(both).what.code == errc::invalid_partitions);
  CAF_CHECK_EQUAL(image().topic_count(), 0u);
}

CAF_TEST(validation alone creates nothing) {
  new_topic t;
  t.name = "t";
  t.partitions = 3;
  auto answer = create(t, true);
  CAF_CHECK(answer.what.code == errc::none);
  CAF_CHECK_EQUAL(answer.partitions, 3);
  CAF_CHECK(answer.id.is_zero());
  CAF_CHECK(last.empty());
  CAF_CHECK(create(t).what.code == errc::none);
  CAF_CHECK(create(t, true).what.code == errc::topic_already_exists);
}

CAF_TEST(topic ids are random and none is reserved) {
  std::set<topic_id> ids;
  for (int i = 0; i < 500; ++i) {
    auto id = create(numbered("t", i)).id;
    CAF_REQUIRE(ids.insert(id).second);
    CAF_REQUIRE_EQUAL(id.bytes[6] >> 4, 4); // so never 0 or 1
    CAF_REQUIRE(id.to_string().front() != '-');
  }
}

CAF_TEST(without a broker that is ready nothing can be created) {
  controller_fixture empty;
  CAF_CHECK(empty.create("t").what.code == errc::invalid_replication_factor);
  empty.add_broker(1, std::nullopt, true);
  auto refused = empty.create("t");
  CAF_CHECK(refused.what.code == errc::invalid_replication_factor);
  CAF_CHECK_EQUAL(refused.what.detail,
                  "1 replica is wanted, and 0 brokers are ready of 1 that are registered");
  CAF_CHECK(empty.create(assigned("t", {{0, {1}}})).what.code == errc::invalid_replica_assignment);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(three_broker_tests, three_brokers)

CAF_TEST(replicas can be assigned by hand) {
  auto made = create(assigned("t", {{1, {3, 1}}, {0, {2, 3}}}));
  CAF_CHECK(made.what.code == errc::none);
  CAF_CHECK_EQUAL(made.partitions, 2);
  CAF_CHECK_EQUAL(made.replication_factor, 2);
  auto* t = image().find_topic("t");
  CAF_CHECK(t->partitions[0].replicas == nodes({2, 3}));
  CAF_CHECK(t->partitions[1].replicas == nodes({3, 1}));
  CAF_CHECK_EQUAL(t->partitions[1].leader.value(), 3);
}

CAF_TEST(an assignment that cannot be is refused) {
  auto code = [this](new_topic t) { return create(std::move(t)).what.code; };
  CAF_CHECK(code(assigned("t", {{0, {}}})) == errc::invalid_replica_assignment);
  CAF_CHECK(code(assigned("t", {{0, {4}}})) == errc::invalid_replica_assignment);
  CAF_CHECK(code(assigned("t", {{0, {1, 1}}})) == errc::invalid_replica_assignment);
  CAF_CHECK(code(assigned("t", {{1, {1}}})) == errc::invalid_replica_assignment);
  CAF_CHECK(code(assigned("t", {{0, {1}}, {2, {1}}})) == errc::invalid_replica_assignment);
  CAF_CHECK(code(assigned("t", {{-1, {1}}, {0, {1}}})) == errc::invalid_replica_assignment);
  CAF_CHECK(code(assigned("t", {{0, {1}}, {0, {2}}})) == errc::invalid_replica_assignment);
  CAF_CHECK(code(assigned("t", {{0, {1}}, {1, {2, 3}}})) == errc::invalid_replica_assignment);
  auto also_counted = assigned("t", {{0, {1}}});
  also_counted.partitions = 1;
  CAF_CHECK(code(also_counted) == errc::invalid_request);
  also_counted.partitions = -1;
  also_counted.replication_factor = 1;
  CAF_CHECK(code(also_counted) == errc::invalid_request);
  CAF_CHECK_EQUAL(image().topic_count(), 0u);
}

CAF_TEST(a fenced broker may follow but not lead) {
  add_broker(3, std::nullopt, true, 2);
  auto made = create(assigned("t", {{0, {3, 1}}}));
  CAF_CHECK(made.what.code == errc::none);
  auto& p = image().find_topic("t")->partitions[0];
  CAF_CHECK(p.replicas == nodes({3, 1}) && p.isr == nodes({1}));
  CAF_CHECK_EQUAL(p.leader.value(), 1);
}

CAF_TEST(the default minimum of replicas in sync is a majority) {
  CAF_CHECK_EQUAL(value_of(create("a", 1, 3), "min.insync.replicas"), "2");
  CAF_CHECK_EQUAL(value_of(create("b", 1, 2), "min.insync.replicas"), "2");
  CAF_CHECK_EQUAL(value_of(create("c", 1, 1), "min.insync.replicas"), "1");
}

CAF_TEST_FIXTURE_SCOPE_END()
