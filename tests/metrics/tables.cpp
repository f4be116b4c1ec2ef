#define CAF_SUITE metrics_tables

#include "caf/test/unit_test.hpp"

#include "runtime/metrics/connection_table.hpp"
#include "runtime/metrics/partition_table.hpp"
#include "runtime/metrics/snapshot.hpp"

using namespace troupe;
using namespace troupe::metrics;

namespace {

topic_id topic(std::uint8_t number) { return topic_id{{number}}; }

std::map<std::string, double> appended(const partition_table& table) {
  snapshot found{{"troupe_topic_appended_bytes_total"}};
  table.collect_topics(found);
  std::map<std::string, double> all;
  for (auto& sample : found.families().at(0).samples)
    all[sample.labels.at(0).second] = sample.value;
  return all;
}

} // namespace

CAF_TEST(a partition keeps its counters when it comes back) {
  partition_table table;
  table.add(topic(1), "a", partition_id{0})->appended_bytes.add(5);
  auto again = table.add(topic(1), "a", partition_id{0});
  CAF_CHECK_EQUAL(again->appended_bytes.value(), 5u);
  again->appended_bytes.add_alone(2);
  table.add(topic(1), "a", partition_id{1})->log_end.set(10);
  topic_totals totals;
  CAF_CHECK(table.totals_of("a", totals));
  CAF_CHECK(!table.totals_of("b", totals));
  CAF_CHECK_EQUAL(totals.appended_bytes, 7u);
  CAF_CHECK_EQUAL(totals.partitions, 2u);
  CAF_CHECK_EQUAL(totals.records, 10);
}

CAF_TEST(sums do not fall when a topic goes) {
  partition_table table;
  auto counters = table.add(topic(1), "a", partition_id{0});
  counters->appended_bytes.add(5);
  counters->size_bytes.set(100);
  table.add(topic(2), "b", partition_id{0})->appended_bytes.add(3);
  CAF_CHECK_EQUAL(table.all().appended_bytes, 8u);
  table.remove(topic(1));
  table.remove(topic(1));
  CAF_CHECK_EQUAL(table.all().appended_bytes, 8u);
  CAF_CHECK_EQUAL(table.all().size_bytes, 0);
  CAF_CHECK_EQUAL(table.all().partitions, 1u);
  auto by_topic = appended(table);
  CAF_CHECK_EQUAL(by_topic["b"], 3);
  CAF_CHECK_EQUAL(by_topic["_other"], 5);
  CAF_CHECK(!by_topic.contains("a"));
}

CAF_TEST(topics beyond the limit share one label) {
  partition_table table{2};
  for (std::uint8_t i = 1; i <= 5; ++i)
    table.add(topic(i), std::string{'t', static_cast<char>('0' + i)}, partition_id{0})->appended_bytes.add(i);
  auto by_topic = appended(table);
  CAF_CHECK_EQUAL(by_topic.size(), 3u);
  CAF_CHECK_EQUAL(by_topic["t1"], 1);
  CAF_CHECK_EQUAL(by_topic["t2"], 2);
  CAF_CHECK_EQUAL(by_topic["_other"], 12);
  table.remove(topic(1));
  table.add(topic(6), "t6", partition_id{0})->appended_bytes.add(6);
  by_topic = appended(table);
  CAF_CHECK_EQUAL(by_topic["t6"], 6);
  CAF_CHECK_EQUAL(by_topic["_other"], 13);
}

CAF_TEST(partitions are listed in order) {
  partition_table table;
  for (int i : {2, 0, 1})
    table.add(topic(1), "a", partition_id{i})->high_watermark.set(i * 10);
  std::vector<std::int64_t> found;
  CAF_CHECK(table.for_each_of("a", [&](const partition_facts& one) {
    CAF_CHECK_EQUAL(one.partition.value() * 10, one.counters.high_watermark.value());
    found.push_back(one.partition.value());
  }));
  CAF_CHECK(found == (std::vector<std::int64_t>{0, 1, 2}));
  CAF_CHECK(!table.for_each_of("b", [](const partition_facts&) {}));
}

CAF_TEST(a connection is listed as long as it lives) {
  auto table = std::make_shared<connection_table>();
  {
    auto one = connection_table::add(table, "127.0.0.1:1", timestamp_ms{1000});
    auto two = connection_table::add(table, "127.0.0.1:2", timestamp_ms{2000});
    two->requests.set(3);
    two.client(std::string(500, 'x'));
    auto moved = std::move(one);
    CAF_CHECK_EQUAL(table->size(), 2u);
    auto all = table->list(10);
    CAF_REQUIRE_EQUAL(all.size(), 2u);
    CAF_CHECK_EQUAL(all[0].peer, "127.0.0.1:1");
    CAF_CHECK_EQUAL(all[1].requests, 3);
    CAF_CHECK_EQUAL(all[1].client.size(), 100u);
    CAF_CHECK_EQUAL(all[1].since.value(), 2000);
    CAF_CHECK_EQUAL(table->list(1).size(), 1u);
    CAF_CHECK_EQUAL(table->list(10, all[0].number).size(), 1u);
    moved = {};
    CAF_CHECK_EQUAL(table->size(), 1u);
  }
  CAF_CHECK_EQUAL(table->size(), 0u);
}
