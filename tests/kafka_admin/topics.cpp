#define CAF_SUITE topics
#include "tests/kafka_admin/kafka_node.hpp"

#include "runtime/wire/create_partitions.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/describe_cluster.hpp"
#include "runtime/wire/describe_topic_partitions.hpp"
#include "runtime/wire/metadata.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::wire;

namespace {

struct fixture : kafka_node {
  using topic_of_request = create_partitions_request::create_partitions_topic;

  std::int16_t extend(std::string name, std::int32_t count,
                      std::optional<std::vector<create_partitions_request::create_partitions_assignment>> assigned = {},
                      bool validate_only = false, api_version at = 3) {
    create_partitions_request request;
    request.topics.push_back({std::move(name), count, std::move(assigned)});
    request.timeout_ms = 1000;
    request.validate_only = validate_only;
    auto response = call<create_partitions_response>(request, at);
    CAF_REQUIRE_EQUAL(response.results.size(), 1u);
    CAF_CHECK_EQUAL(response.results[0].error_message.has_value(), response.results[0].error_code != 0);
    return response.results[0].error_code;
  }

  /// "a:0,1,2 b:0 next b:1"
  std::string described(std::vector<std::string> names, std::int32_t limit,
                        std::optional<topic_partitions_cursor> cursor = {}) {
    describe_topic_partitions_request request;
    for (auto& name : names)
      request.topics.push_back({name});
    request.response_partition_limit = limit;
    request.cursor = std::move(cursor);
    last = call<describe_topic_partitions_response>(request, 0);
    std::string text;
    for (auto& topic : last.topics) {
      text.append(text.empty() ? "" : " ").append(*topic.name).append(":");
      if (topic.error_code != 0)
        text.append("error ").append(std::to_string(topic.error_code));
      for (auto& partition : topic.partitions)
        text.append(text.back() == ':' ? "" : ",").append(std::to_string(partition.partition_index));
    }
    if (auto& next = last.next_cursor)
      text.append(" next ").append(next->topic_name).append(":").append(std::to_string(next->partition_index));
    return text;
  }

  std::size_t partitions_of(std::string_view name) const { return core.image()->find_topic(name)->partitions.size(); }

  describe_topic_partitions_response last;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(topic_tests, fixture)

CAF_TEST(partitions are added in every version) {
  create("t");
  for (api_version at = 0; at <= 3; ++at)
    CAF_CHECK_EQUAL(extend("t", at + 2, {}, false, at), 0);
  CAF_CHECK_EQUAL(partitions_of("t"), 5u);
  CAF_CHECK_EQUAL(extend("t", 6, {{{{1}}}}), 0);
  CAF_CHECK_EQUAL(partitions_of("t"), 6u);
}

CAF_TEST(what cannot be added has the code that Kafka gives) {
  create("t", 3);
  for (auto count : {3, 2, 1, 0, -1, INT32_MIN})
    CAF_CHECK_EQUAL(extend("t", count), 37);
  CAF_CHECK_EQUAL(extend("t", INT32_MAX), 37);
  CAF_CHECK_EQUAL(extend("nothing", 4), 3);
  CAF_CHECK_EQUAL(extend("", 4), 3);
  CAF_CHECK_EQUAL(extend("t", 5, {{{{1}}}}), 39);
  CAF_CHECK_EQUAL(extend("t", 4, {{{{9}}}}), 39);
  CAF_CHECK_EQUAL(extend("t", 4, {{{{1, 1}}}}), 39);
  CAF_CHECK_EQUAL(extend("t", 4, {{{{}}}}), 39);
  using none_assigned = std::vector<create_partitions_request::create_partitions_assignment>;
  CAF_CHECK_EQUAL(extend("t", 4, none_assigned{}), 39);
  CAF_CHECK_EQUAL(extend("t", 4, {}, true), 0);
  CAF_CHECK_EQUAL(partitions_of("t"), 3u);
  create_partitions_request twice;
  twice.topics = {{"t", 4, std::nullopt}, {"t", 5, std::nullopt}};
  for (auto response = call<create_partitions_response>(twice, 0); auto& result : response.results)
    CAF_CHECK_EQUAL(result.error_code, 42);
  CAF_CHECK(call<create_partitions_response>(create_partitions_request{}, 0).results.empty());
}

CAF_TEST(added partitions are answered once this session sees them) {
  create("t");
  create_partitions_request request;
  request.topics.push_back({"t", 2, std::nullopt});
  request.timeout_ms = 1000;
  send(request, 1);
  answer_asked();
  CAF_CHECK(!has_answer());
  show();
  CAF_CHECK_EQUAL(first_code(take<create_partitions_response>().results), 0);
  metadata_request all;
  auto seen = call<metadata_response>(all, 12);
  CAF_CHECK_EQUAL(seen.topics.at(0).partitions.size(), 2u);
}

CAF_TEST(topics are described page by page in the order of their names) {
  create("b", 3);
  create("a", 2);
  create("c", 1);
  CAF_CHECK_EQUAL(described({}, 2000), "a:0,1 b:0,1,2 c:0");
  CAF_CHECK_EQUAL(described({"c", "a"}, 2000), "a:0,1 c:0");
  CAF_CHECK_EQUAL(described({"c", "a", "c"}, 2000), "a:0,1 c:0");
  CAF_CHECK_EQUAL(described({}, 1), "a:0 next a:1");
  CAF_CHECK_EQUAL(described({}, 2), "a:0,1 next b:0");
  CAF_CHECK_EQUAL(described({}, 4), "a:0,1 b:0,1 next b:2");
  CAF_CHECK_EQUAL(described({}, 6), "a:0,1 b:0,1,2 c:0");
  CAF_CHECK_EQUAL(described({}, 0), "a:0 next a:1");
  CAF_CHECK_EQUAL(described({}, -5), "a:0 next a:1");
}

CAF_TEST(a cursor goes on where the last page ended) {
  create("a", 2);
  create("b", 3);
  std::string all;
  std::optional<topic_partitions_cursor> cursor;
  for (int pages = 0; pages < 10; ++pages) {
    all.append(described({}, 2, cursor)).append("; ");
    cursor = last.next_cursor;
    if (!cursor)
      break;
  }
  CAF_CHECK_EQUAL(all, "a:0,1 next b:0; b:0,1 next b:2; b:2; ");
  CAF_CHECK_EQUAL(described({}, 9, {{"b", 1}}), "b:1,2");
  CAF_CHECK_EQUAL(described({}, 9, {{"b", 3}}), "b:");
  CAF_CHECK_EQUAL(described({}, 9, {{"b", -1}}), "b:0,1,2");
  CAF_CHECK_EQUAL(described({}, 9, {{"aa", 1}}), "b:0,1,2"); // deleted meanwhile
  CAF_CHECK_EQUAL(described({}, 9, {{"z", 0}}), "");
}

CAF_TEST(topics that are not there are said so) {
  create("a");
  CAF_CHECK_EQUAL(described({"a", "nothing", "no/name"}, 9), "a:0 no/name:error 17 nothing:error 3");
  auto& partition = (described({"a"}, 9), last.topics.at(0).partitions.at(0));
  CAF_CHECK_EQUAL(partition.leader_id, 1);
  CAF_CHECK_EQUAL(partition.leader_epoch, 0);
  CAF_CHECK(partition.replica_nodes == std::vector{1} && partition.isr_nodes == std::vector{1});
  CAF_CHECK(!last.topics[0].topic_id.is_zero());
}

CAF_TEST(no more than two thousand partitions come at a time) {
  create("a", 2500);
  described({}, INT32_MAX);
  CAF_CHECK_EQUAL(last.topics.at(0).partitions.size(), 2000u);
  CAF_CHECK_EQUAL(last.next_cursor->partition_index, 2000);
}

CAF_TEST(every character that names may not have is refused) {
  for (int c = 0; c < 256; ++c) {
    auto allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_'
                   || c == '-';
    std::string name{"x?y"};
    name[1] = static_cast<char>(c);
    create_topics_request request;
    request.topics.push_back({name, 1, 1, {}, {}});
    request.validate_only = true;
    CAF_CHECK_EQUAL(first_code(call<create_topics_response>(request, 7).topics), allowed ? 0 : 17);
    CAF_CHECK(described({name}, 9).ends_with(allowed ? ":error 3" : ":error 17"));
    CAF_CHECK_EQUAL(extend(name, 2), 3);
    metadata_request seen;
    seen.topics.emplace().push_back({{}, name});
    seen.allow_auto_topic_creation = false;
    CAF_CHECK_EQUAL(first_code(call<metadata_response>(seen, 12).topics), allowed ? 3 : 17);
  }
}

CAF_TEST(new topics tell what holds for them) {
  create_topics_request request;
  request.topics.push_back({"t", 2, 1, {}, {{"retention.ms", "5"}}});
  auto made = call<create_topics_response>(request, 7).topics.at(0);
  CAF_CHECK_EQUAL(made.error_code, 0);
  CAF_CHECK(!made.topic_id.is_zero());
  CAF_CHECK_EQUAL(made.num_partitions, 2);
  CAF_REQUIRE(made.configs);
  CAF_CHECK_EQUAL(made.configs->size(), metadata::topic_options_table().size());
  auto own = std::find_if(made.configs->begin(), made.configs->end(), [](auto& c) { return c.name == "retention.ms"; });
  CAF_CHECK(own->value == "5" && own->config_source == 1);
}

CAF_TEST(fenced brokers are told to those who ask for them) {
  decide(metadata::register_broker{node_id{2}, {}, {{"PLAINTEXT", "127.0.0.1", 9093}}, {}, true});
  show();
  describe_cluster_request request;
  CAF_CHECK_EQUAL(call<describe_cluster_response>(request, 2).brokers.size(), 1u);
  request.include_fenced_brokers = true;
  auto brokers = call<describe_cluster_response>(request, 2).brokers;
  CAF_REQUIRE_EQUAL(brokers.size(), 2u);
  CAF_CHECK(!brokers[0].is_fenced && brokers[1].is_fenced);
}

CAF_TEST(a topic that is named again and again is told once) {
  create("a", 3);
  create("b");
  metadata_request request;
  request.topics.emplace();
  auto id = core.image()->find_topic("b")->id;
  for (int i = 0; i < 100; ++i) {
    request.topics->push_back({{}, "a"});
    request.topics->push_back({id, std::nullopt});
    request.topics->push_back({{}, "unknown"});
  }
  request.allow_auto_topic_creation = false;
  auto response = call<metadata_response>(request, 12);
  CAF_REQUIRE_EQUAL(response.topics.size(), 3u);
  CAF_CHECK_EQUAL(response.topics[0].name.value_or(""), "a");
  CAF_CHECK_EQUAL(response.topics[0].partitions.size(), 3u);
  CAF_CHECK_EQUAL(response.topics[1].name.value_or(""), "b");
}

CAF_TEST_FIXTURE_SCOPE_END()
