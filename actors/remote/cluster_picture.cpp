#include "actors/remote/cluster_picture.hpp"

#include <algorithm>

namespace troupe::remote {

namespace {

using metadata_topic = wire::metadata_response::metadata_response_topic;
using metadata_partition = wire::metadata_response::metadata_response_partition;

std::vector<node_id> node_ids(const std::vector<std::int32_t>& numbers) {
  std::vector<node_id> ids;
  for (auto number : numbers)
    ids.emplace_back(number);
  return ids;
}

/// Partitions from 0 on without a gap, or the topic is left out until the node knows more of it.
void add_topic(const metadata_topic& from, std::vector<metadata::record>& records) {
  std::vector<const metadata_partition*> partitions;
  for (auto& partition : from.partitions)
    partitions.push_back(&partition);
  std::sort(partitions.begin(), partitions.end(),
            [](auto* a, auto* b) { return a->partition_index < b->partition_index; });
  for (std::size_t i = 0; i < partitions.size(); ++i)
    if (partitions[i]->partition_index != static_cast<std::int32_t>(i))
      return;
  records.push_back(metadata::topic_record{*from.name, from.topic_id});
  for (auto* partition : partitions)
    records.push_back(metadata::partition_record{
        from.topic_id, partition_id{partition->partition_index}, node_ids(partition->replica_nodes),
        node_ids(partition->isr_nodes), node_id{partition->leader_id}, leader_epoch{partition->leader_epoch},
        metadata::partition_epoch{0}});
}

} // namespace

result<cluster_picture> picture_of(const wire::metadata_response& answer,
                                   metadata::metadata_version version) {
  cluster_picture picture;
  std::vector<metadata::record> records;
  if (answer.cluster_id && !answer.cluster_id->empty())
    records.push_back(metadata::cluster_record{*answer.cluster_id});
  for (auto& broker : answer.brokers) {
    server_address where{broker.host, static_cast<std::uint16_t>(broker.port)};
    picture.brokers[broker.node_id] = where;
    records.push_back(metadata::register_broker_record{node_id{broker.node_id},
                                                       metadata::broker_incarnation{1},
                                                       metadata::broker_epoch{1},
                                                       {{"remote", where.host, where.port}},
                                                       broker.rack,
                                                       false});
  }
  for (auto& topic : answer.topics) {
    if (topic.error_code != 0 || !topic.name)
      continue;
    if (topic.topic_id.is_zero())
      return fail(errc::unsupported_version, "the node does not tell the ids of its topics");
    add_topic(topic, records);
  }
  auto built = metadata::apply(metadata::metadata_image::empty(), records, version);
  if (!built)
    return fail(errc::malformed, "the node's metadata contradict themselves: " + built.error().detail);
  picture.image = std::move(built->image);
  return picture;
}

} // namespace troupe::remote
