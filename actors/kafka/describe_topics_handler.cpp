// DescribeTopicPartitions (KIP-966): topics by name, in the order of their names, so many partitions at a time.
#include "actors/kafka/cluster_facts.hpp"
#include "actors/kafka/handlers.hpp"
#include "runtime/metadata/topic_name.hpp"
#include "runtime/wire/describe_topic_partitions.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>
#include <set>

namespace troupe::kafka {

namespace {

using wire::describe_topic_partitions_request;
using wire::describe_topic_partitions_response;

/// Kafka's max.request.partition.size.limit.
constexpr std::int32_t partitions_max = 2000;

/// One answer, filled until its limit is reached.
class topic_page {
public:
  topic_page(const operation_context& context, const describe_topic_partitions_request& request)
      : image_(*context.view.image), live_(context), cursor_(request.cursor),
        left_(std::clamp(request.response_partition_limit, 1, partitions_max)) {}

  /// False: the page is full, and says where the next one begins.
  bool add(const std::string& name) {
    if (cursor_ && name < cursor_->topic_name)
      return true;
    if (left_ == 0) {
      response.next_cursor = wire::topic_partitions_cursor{name, 0};
      return false;
    }
    if (auto* topic = image_.find_topic(name))
      return add(*topic);
    auto wrong = metadata::check_topic_name(name).code;
    auto& answer = response.topics.emplace_back();
    answer.name = name;
    answer.topic_authorized_operations = all_topic_operations;
    answer.error_code =
        wire::number(wire::to_error_code(wrong == errc::none ? errc::unknown_topic_or_partition : wrong));
    return true;
  }

  bool add(const metadata::topic& topic) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.id;
    answer.topic_authorized_operations = all_topic_operations;
    auto count = static_cast<std::int32_t>(topic.partitions.size());
    auto from = cursor_ && cursor_->topic_name == topic.name ? std::max(cursor_->partition_index, 0) : 0;
    auto next = std::min(count, from);
    for (; next < count && left_ > 0; ++next, --left_)
      answer.partitions.push_back(told(topic.partitions[static_cast<std::size_t>(next)], next));
    if (next < count)
      response.next_cursor = wire::topic_partitions_cursor{topic.name, next};
    return next == count;
  }

  describe_topic_partitions_response response;

private:
  describe_topic_partitions_response::partition told(const metadata::partition& partition, std::int32_t index) const {
    describe_topic_partitions_response::partition shown;
    tell_partition(live_, partition, index, shown);
    shown.eligible_leader_replicas = numbers_of(partition.elr);
    shown.last_known_elr = numbers_of(partition.last_known_elr);
    return shown;
  }

  const metadata::metadata_image& image_;
  live_brokers live_;
  const std::optional<wire::topic_partitions_cursor>& cursor_;
  std::int32_t left_;
};

} // namespace

result<operation_ptr> handle_describe_topic_partitions(const operation_context& context,
                                                       const wire::request_header& header, const bytes& body) {
  auto request = wire::decode<describe_topic_partitions_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  std::set<std::string> names;
  for (auto& topic : request->topics)
    names.insert(std::move(topic.name));
  if (names.empty())
    context.view.image->for_each_topic([&names](const metadata::topic& topic) { names.insert(topic.name); });
  topic_page page{context, *request};
  for (auto& name : names)
    if (!page.add(name))
      break;
  return answer(std::move(page.response));
}

} // namespace troupe::kafka
