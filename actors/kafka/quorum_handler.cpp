// DescribeQuorum: who votes on the metadata log and how far everybody is, as the quorum's leader knows it.
#include "actors/kafka/controller_operation.hpp"
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/voter_directory.hpp"
#include "runtime/wire/describe_quorum.hpp"

#include <string_view>

namespace troupe::kafka {

namespace {

using wire::describe_quorum_request;
using wire::describe_quorum_response;

/// The metadata log by the name that Kafka's tools ask for; it has one partition, 0.
constexpr std::string_view metadata_topic = "__cluster_metadata";
constexpr std::int32_t quorum_timeout_ms = 5'000;

class quorum_operation final : public controller_operation<describe_quorum_response> {
public:
  void start(const operation_context& context, describe_quorum_request& request) {
    wanted_ = std::move(request.topics);
    ask(context, metadata::describe_quorum{}, quorum_timeout_ms);
  }

private:
  void fill(const operation_context& context, controller_reply& reply) override {
    auto* told = std::get_if<metadata::describe_quorum_reply>(&reply.what);
    if (reply.code != errc::none || !told) {
      refuse_all(reply.code);
      return;
    }
    if (told->what.code != errc::none) {
      refuse_all(told->what.code);
      return;
    }
    for (auto& topic : wanted_) {
      auto& answer = response_.topics.emplace_back();
      answer.topic_name = topic.topic_name;
      for (auto& partition : topic.partitions)
        answer.partitions.push_back(topic.topic_name == metadata_topic && partition.partition_index == 0
                                        ? shown(*told)
                                        : unknown(partition.partition_index));
    }
    for (auto& member : told->members)
      if (member.votes)
        add_node(context, member.node);
  }

  void refuse_all(errc why) override {
    response_.error_code = controller_error_number(why);
    response_.error_message = std::string{sentence(why)};
  }

  static describe_quorum_response::partition_data shown(const metadata::describe_quorum_reply& told) {
    describe_quorum_response::partition_data partition;
    partition.leader_id = told.leader.value();
    partition.leader_epoch = told.epoch;
    partition.high_watermark = told.high_watermark;
    for (auto& member : told.members) {
      describe_quorum_response::replica_state state;
      state.replica_id = member.node.value();
      state.replica_directory_id = directory_of(member.disk);
      state.log_end_offset = member.log_end;
      state.last_fetch_timestamp = member.last_heard_ms;
      state.last_caught_up_timestamp = member.caught_up_ms;
      (member.votes ? partition.current_voters : partition.observers).push_back(state);
    }
    return partition;
  }

  static describe_quorum_response::partition_data unknown(std::int32_t index) {
    describe_quorum_response::partition_data partition;
    partition.partition_index = index;
    partition.error_code = wire::number(wire::error_code::unknown_topic_or_partition);
    partition.error_message = std::string{sentence(errc::unknown_topic_or_partition)};
    return partition;
  }

  void add_node(const operation_context& context, node_id node) {
    auto& listed = response_.nodes.emplace_back();
    listed.node_id = node.value();
    auto* broker = context.view.image->find_broker(node);
    if (auto* peer = broker ? broker->find_endpoint(metadata::peer_listener) : nullptr)
      listed.listeners.push_back({peer->listener, peer->host, peer->port});
  }

  std::vector<describe_quorum_request::topic_data> wanted_;
};

} // namespace

result<operation_ptr> handle_describe_quorum(const operation_context& context, const wire::request_header& header,
                                             const bytes& body) {
  return begin<quorum_operation, describe_quorum_request>(context, header, body);
}

} // namespace troupe::kafka
