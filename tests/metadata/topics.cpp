#define CAF_SUITE topics
#include "caf/test/unit_test.hpp"

#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

struct one_broker : controller_fixture {
  one_broker() { add_broker(1); }

  deleted_topic remove(topic_reference wanted) {
    return run<delete_topics_reply>(delete_topics{{std::move(wanted)}}).topics.front();
  }

  error extend(std::string name, int total, std::optional<std::vector<std::vector<node_id>>> assignments = {},
               bool validate_only = false) {
    more_partitions wanted{std::move(name), total, std::move(assignments)};
    return run<create_partitions_reply>(create_partitions{{std::move(wanted)}, validate_only})
        .topics.front()
        .what;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(topic_tests, one_broker)

CAF_TEST(a topic is deleted by name or by id) {
  auto a = create("a"), b = create("b", 3);
  auto by_name = remove({"a", {}});
  CAF_CHECK(by_name.what.code == errc::none);
  CAF_CHECK(by_name.id == a.id);
  auto by_id = remove({"", b.id});
  CAF_CHECK(by_id.what.code == errc::none);
  CAF_CHECK_EQUAL(by_id.name, "b");
  CAF_CHECK_EQUAL(image().topic_count(), 0u);
  CAF_CHECK_EQUAL(image().partition_count(), 0u);
  CAF_CHECK(image().find_topic(b.id) == nullptr);
}

CAF_TEST(what is not there cannot be deleted) {
  auto gone = create("a");
  CAF_CHECK(remove({"nothing", {}}).what.code == errc::unknown_topic_or_partition);
  CAF_CHECK(remove({"a", gone.id}).what.code == errc::invalid_request);
  CAF_CHECK(remove({"a", {}}).what.code == errc::none);
  CAF_CHECK(remove({"a", {}}).what.code == errc::unknown_topic_or_partition);
  CAF_CHECK(remove({"", gone.id}).what.code == errc::unknown_topic_id);
}

CAF_TEST(a topic that is named twice in a request is not deleted) {
  auto a = create("a");
  create("b");
  auto answer = run<delete_topics_reply>(delete_topics{{{"a", {}}, {"b", {}}, {"", a.id}}});
  CAF_CHECK(answer.topics[0].what.code == errc::invalid_request);
  CAF_CHECK(answer.topics[1].what.code == errc::none);
  CAF_CHECK(answer.topics[2].what.code == errc::invalid_request);
  CAF_CHECK(image().find_topic("a") != nullptr);
}

CAF_TEST(a topic that is made again gets another id) {
  auto first = create("a");
  remove({"a", {}});
  auto second = create("a");
  CAF_CHECK(second.what.code == errc::none);
  CAF_CHECK(first.id != second.id);
}

CAF_TEST(partitions are added) {
  create("a", 2);
  CAF_CHECK(extend("a", 5).code == errc::none);
  auto* t = image().find_topic("a");
  CAF_CHECK_EQUAL(t->partitions.size(), 5u);
  CAF_CHECK_EQUAL(t->partitions[4].leader.value(), 1);
  CAF_CHECK_EQUAL(image().partition_count(), 5u);
  CAF_CHECK(extend("a", 6, {{nodes({1})}}).code == errc::none);
}

CAF_TEST(partitions are never taken away and every mistake has its code) {
  create("a", 2);
  CAF_CHECK(extend("b", 3).code == errc::unknown_topic_or_partition);
  CAF_CHECK(extend("a", 2).code == errc::invalid_partitions);
  CAF_CHECK(extend("a", 1).code == errc::invalid_partitions);
  CAF_CHECK(extend("a", 0).code == errc::invalid_partitions);
  CAF_CHECK(extend("a", -1).code == errc::invalid_partitions);
  CAF_CHECK(extend("a", 20'001).code == errc::invalid_partitions);
  CAF_CHECK(extend("a", 4, {{nodes({1})}}).code == errc::invalid_replica_assignment);
  CAF_CHECK(extend("a", 3, {{nodes({2})}}).code == errc::invalid_replica_assignment);
  CAF_CHECK(extend("a", 3, {{}}).code == errc::invalid_replica_assignment);
  CAF_CHECK(extend("a", 3, {{nodes({1, 1})}}).code == errc::invalid_replica_assignment);
  CAF_CHECK(extend("a", 3, {}, true).code == errc::none);
  CAF_CHECK_EQUAL(image().find_topic("a")->partitions.size(), 2u);
  auto twice = run<create_partitions_reply>(create_partitions{{{"a", 3, {}}, {"a", 4, {}}}});
  CAF_CHECK(twice.topics[0].what.code == errc::invalid_request);
  CAF_CHECK(twice.topics[1].what.code == errc::invalid_request);
}

CAF_TEST(producer ids are given away once) {
  auto first = run<allocate_producer_ids_reply>(allocate_producer_ids{});
  auto second = core.decide(allocate_producer_ids{}); // not committed yet
  auto third = core.decide(allocate_producer_ids{});
  CAF_CHECK_EQUAL(first.first.value(), 0);
  CAF_CHECK_EQUAL(first.count, 1000);
  CAF_CHECK_EQUAL(std::get<allocate_producer_ids_reply>(second.answer).first.value(), 1000);
  CAF_CHECK_EQUAL(std::get<allocate_producer_ids_reply>(third.answer).first.value(), 2000);
}

CAF_TEST(producer ids come to an end) {
  commit({producer_ids_record{producer_id{INT64_MAX - 999}}});
  CAF_CHECK(run<allocate_producer_ids_reply>(allocate_producer_ids{}).what.code == errc::too_large);
}

CAF_TEST(a cluster is formed once) {
  auto id = run<form_cluster_reply>(form_cluster{}).cluster_id;
  CAF_CHECK_EQUAL(id.size(), 22u);
  CAF_CHECK_EQUAL(run<form_cluster_reply>(form_cluster{"other"}).cluster_id, id);
  CAF_CHECK_EQUAL(image().cluster_id(), id);
  CAF_CHECK(last.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
