#define CAF_SUITE image
#include "caf/test/unit_test.hpp"

#include "runtime/metadata/image.hpp"
#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

topic_id id_of(int n) {
  topic_id id;
  id.bytes[15] = static_cast<std::uint8_t>(n + 2);
  return id;
}

partition_record new_partition(int topic, int partition) {
  return {id_of(topic), partition_id{partition}, nodes({1}),        nodes({1}),
          node_id{1},   leader_epoch{0},         partition_epoch{0}};
}

partition_change_record new_state(int topic, int partition, int epoch) {
  return {id_of(topic),        partition_id{partition}, nodes({1}), nodes({1}), node_id{1},
          leader_epoch{epoch}, partition_epoch{epoch}};
}

applied must(const image_ptr& from, std::vector<record> records, std::uint64_t version = 1) {
  auto done = apply(from, records, metadata_version{version});
  CAF_REQUIRE(done.has_value());
  return *done;
}

errc refused(const image_ptr& from, record r) {
  std::vector<record> one{std::move(r)};
  auto done = apply(from, one, metadata_version{9});
  return done ? errc::none : done.error().code;
}

image_ptr two_topics() {
  return must(metadata_image::empty(), {topic_record{"a", id_of(1)}, new_partition(1, 0), new_partition(1, 1),
                                        topic_record{"b.c", id_of(2)}, new_partition(2, 0)})
      .image;
}

} // namespace

CAF_TEST(an image is found by name and by id) {
  auto image = two_topics();
  CAF_CHECK(image->find_topic("a") == image->find_topic(id_of(1)));
  CAF_CHECK(image->find_topic("c") == nullptr);
  CAF_CHECK(image->find_topic(id_of(3)) == nullptr);
  CAF_CHECK(image->find_lookalike("b_c") == image->find_topic("b.c"));
  CAF_CHECK(image->find_partition({id_of(1), partition_id{1}}) != nullptr);
  CAF_CHECK(image->find_partition({id_of(1), partition_id{2}}) == nullptr);
  CAF_CHECK(image->find_partition({id_of(1), partition_id{-1}}) == nullptr);
  CAF_CHECK(image->find_partition({id_of(9), partition_id{0}}) == nullptr);
  CAF_CHECK_EQUAL(image->topic_count(), 2u);
  CAF_CHECK_EQUAL(image->partition_count(), 3u);
  CAF_CHECK_EQUAL(image->version().value(), 1u);
}

CAF_TEST(the old image stays and what did not change is shared) {
  auto before = two_topics();
  auto after =
      must(before, {new_state(1, 1, 1), topic_config_record{id_of(1), "retention.ms", "5"}}, 2).image;
  CAF_CHECK_EQUAL(before->find_topic("a")->partitions[1].leader_epoch.value(), 0);
  CAF_CHECK(before->find_topic("a")->configs.empty());
  CAF_CHECK_EQUAL(after->find_topic("a")->partitions[1].leader_epoch.value(), 1);
  CAF_CHECK_EQUAL(after->find_topic("a")->partitions[0].leader_epoch.value(), 0);
  CAF_CHECK(after->find_topic("b.c") == before->find_topic("b.c"));
  CAF_CHECK(after->find_topic("a") == after->find_topic(id_of(1)));
  CAF_CHECK(!(*before == *after));
}

CAF_TEST(the delta names what changed and nothing else) {
  auto before = two_topics();
  auto [after, delta] = must(before,
                             {new_state(1, 1, 1), remove_topic_record{id_of(2)}, topic_record{"d", id_of(3)},
                              new_partition(3, 0), topic_config_record{id_of(3), "retention.ms", "5"},
                              topic_record{"short", id_of(4)}, remove_topic_record{id_of(4)}},
                             7);
  CAF_CHECK_EQUAL(delta.from.value(), 1u);
  CAF_CHECK_EQUAL(delta.to.value(), 7u);
  CAF_CHECK(!delta.everything && !delta.cluster && delta.brokers.empty());
  CAF_REQUIRE_EQUAL(delta.topics.size(), 2u);
  CAF_CHECK(delta.topics[0].id == id_of(1) && !delta.topics[0].created && !delta.topics[0].configs);
  CAF_CHECK(delta.topics[0].partitions == std::vector{partition_id{1}});
  CAF_CHECK(delta.topics[1].id == id_of(3) && delta.topics[1].created && delta.topics[1].configs);
  CAF_REQUIRE_EQUAL(delta.removed_topics.size(), 1u);
  CAF_CHECK_EQUAL(delta.removed_topics[0]->name, "b.c");
  CAF_CHECK(after->find_lookalike("b_c") == nullptr);
}

CAF_TEST(a topic can be made anew in the batch that removes it) {
  auto before = two_topics();
  auto [after, delta] =
      must(before, {remove_topic_record{id_of(1)}, topic_record{"a", id_of(5)}, new_partition(5, 0)}, 2);
  CAF_CHECK(after->find_topic("a")->id == id_of(5));
  CAF_CHECK_EQUAL(after->partition_count(), 2u);
  CAF_CHECK_EQUAL(delta.removed_topics.size(), 1u);
  CAF_CHECK_EQUAL(delta.topics.size(), 1u);
}

CAF_TEST(an option is set and taken back) {
  auto image = must(two_topics(), {topic_config_record{id_of(1), "retention.ms", "5"}}, 2).image;
  CAF_CHECK_EQUAL(image->find_topic("a")->configs.size(), 1u);
  image = must(image, {topic_config_record{id_of(1), "retention.ms", std::nullopt}}, 3).image;
  CAF_CHECK(image->find_topic("a")->configs.empty());
}

CAF_TEST(options of brokers are set and taken back) {
  auto before = two_topics();
  auto [image, delta] = must(before,
                             {broker_config_record{every_broker, "max.connections", "5"},
                              broker_config_record{node_id{1}, "max.connections", "6"}},
                             2);
  CAF_CHECK(delta.broker_configs && delta.topics.empty() && !delta.empty());
  CAF_CHECK(before->broker_configs(every_broker).empty());
  CAF_CHECK_EQUAL(image->broker_configs(every_broker).at("max.connections"), "5");
  CAF_CHECK_EQUAL(image->overrides_of(node_id{1}).one.at("max.connections"), "6");
  CAF_CHECK_EQUAL(image->overrides_of(node_id{1}).all.at("max.connections"), "5");
  CAF_CHECK(image->overrides_of(node_id{2}).one.empty());
  auto back = must(image,
                   {broker_config_record{node_id{1}, "max.connections", std::nullopt},
                    broker_config_record{every_broker, "max.connections", std::nullopt},
                    broker_config_record{node_id{2}, "what was never set", std::nullopt}},
                   before->version().value())
                  .image;
  CAF_CHECK(*back == *before);
  CAF_CHECK(!(*image == *before));
}

CAF_TEST(records that contradict the image are corrupt) {
  auto image =
      must(two_topics(),
           {cluster_record{"here"}, producer_ids_record{producer_id{1000}},
            register_broker_record{node_id{1}, broker_incarnation{1}, broker_epoch{5}, {}, {}, false}})
          .image;
  CAF_CHECK(refused(image, topic_record{"a", id_of(9)}) == errc::corrupt);
  CAF_CHECK(refused(image, topic_record{"new", id_of(1)}) == errc::corrupt);
  CAF_CHECK(refused(image, topic_record{"new", topic_id{}}) == errc::corrupt);
  CAF_CHECK(refused(image, new_partition(9, 0)) == errc::corrupt);
  CAF_CHECK(refused(image, new_partition(1, 1)) == errc::corrupt);
  CAF_CHECK(refused(image, new_partition(1, 3)) == errc::corrupt);
  CAF_CHECK(refused(image, new_state(1, 2, 1)) == errc::corrupt);
  CAF_CHECK(refused(image, new_state(1, 0, 0)) == errc::corrupt);
  CAF_CHECK(refused(image, remove_topic_record{id_of(9)}) == errc::corrupt);
  CAF_CHECK(refused(image, topic_config_record{id_of(9), "k", "v"}) == errc::corrupt);
  CAF_CHECK(refused(image, cluster_record{"elsewhere"}) == errc::corrupt);
  CAF_CHECK(refused(image, producer_ids_record{producer_id{999}}) == errc::corrupt);
  CAF_CHECK(refused(image, fence_broker_record{node_id{2}, broker_epoch{5}}) == errc::corrupt);
  CAF_CHECK(refused(image, unfence_broker_record{node_id{1}, broker_epoch{4}}) == errc::corrupt);
  CAF_CHECK(refused(image, register_broker_record{node_id{1}, {}, broker_epoch{5}, {}, {}, false})
            == errc::corrupt);
  CAF_CHECK(refused(image, fence_broker_record{node_id{1}, broker_epoch{5}}) == errc::none);
}

CAF_TEST(a snapshot gives the same image) {
  auto image =
      must(two_topics(),
           {cluster_record{"here"}, feature_level_record{"metadata", 3},
            producer_ids_record{producer_id{1000}}, topic_config_record{id_of(2), "retention.ms", "5"},
            new_state(1, 1, 4), broker_config_record{every_broker, "log.retention.ms", "6"},
            broker_config_record{node_id{1}, "log.retention.ms", "7"},
            register_broker_record{
                node_id{1}, broker_incarnation{1}, broker_epoch{5}, {{"k", "h", 1}}, "r", false},
            fence_broker_record{node_id{1}, broker_epoch{5}}},
           33)
          .image;
  auto saved = encode_snapshot(*image);
  auto back = decode_snapshot(saved.view());
  CAF_REQUIRE(back.has_value());
  CAF_CHECK(**back == *image);
  CAF_CHECK_EQUAL((*back)->version().value(), 33u);
  CAF_CHECK_EQUAL((*back)->features().at("metadata"), 3);
  CAF_CHECK((*back)->find_lookalike("b_c") != nullptr);
  CAF_CHECK(encode_snapshot(**back) == saved);
  CAF_CHECK(**decode_snapshot(encode_snapshot(*metadata_image::empty()).view()) == *metadata_image::empty());
}
