#define CAF_SUITE cluster_picture
#include "caf/test/unit_test.hpp"

#include "actors/remote/cluster_picture.hpp"

using namespace troupe;
using remote::picture_of;

namespace {

wire::metadata_response answer() {
  wire::metadata_response answer;
  answer.cluster_id = "c";
  answer.brokers = {{1, "one", 9092, {}}, {2, "two", 9093, {}}};
  wire::metadata_response::metadata_response_topic topic;
  topic.name = "orders";
  topic.topic_id.bytes[0] = 7;
  topic.partitions = {{0, 1, 2, 5, {1, 2}, {2}, {}}, {0, 0, 1, 4, {1}, {1}, {}}};
  answer.topics.push_back(topic);
  return answer;
}

constexpr metadata::metadata_version version{3};

} // namespace

CAF_TEST(brokers and topics become an image) {
  auto picture = picture_of(answer(), version).value();
  CAF_CHECK_EQUAL(picture.image->version().value(), 3u);
  CAF_CHECK_EQUAL(picture.image->cluster_id(), "c");
  CAF_CHECK_EQUAL(picture.brokers.at(2).to_string(), "two:9093");
  auto* topic = picture.image->find_topic("orders");
  CAF_REQUIRE(topic);
  CAF_REQUIRE_EQUAL(topic->partitions.size(), 2u); // in the order of their numbers
  CAF_CHECK_EQUAL(topic->partitions[0].leader.value(), 1);
  CAF_CHECK_EQUAL(topic->partitions[1].leader.value(), 2);
  CAF_CHECK_EQUAL(topic->partitions[1].leader_epoch.value(), 5);
}

CAF_TEST(topics with trouble are left out) {
  auto with_error = answer();
  with_error.topics[0].error_code = 5;
  CAF_CHECK_EQUAL(picture_of(with_error, version).value().image->topic_count(), 0u);
  auto with_gap = answer();
  with_gap.topics[0].partitions[0].partition_index = 2;
  CAF_CHECK_EQUAL(picture_of(with_gap, version).value().image->topic_count(), 0u);
}

CAF_TEST(answers that contradict themselves are refused) {
  auto twice = answer();
  twice.topics.push_back(twice.topics[0]);
  CAF_CHECK(picture_of(twice, version).error() == errc::malformed);
  auto two_brokers = answer();
  two_brokers.brokers[1].node_id = 1;
  CAF_CHECK(picture_of(two_brokers, version).error() == errc::malformed);
  auto no_id = answer();
  no_id.topics[0].topic_id = {};
  CAF_CHECK(picture_of(no_id, version).error() == errc::unsupported_version);
}
