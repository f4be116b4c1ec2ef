// ElectLeaders, AlterPartitionReassignments, ListPartitionReassignments and UnregisterBroker: where replicas are, and who
// leads.
#include "actors/kafka/cluster_facts.hpp"
#include "actors/kafka/controller_operation.hpp"
#include "actors/kafka/handlers.hpp"
#include "runtime/metadata/partition_queries.hpp"
#include "runtime/wire/elect_leaders.hpp"
#include "runtime/wire/partition_reassignments.hpp"
#include "runtime/wire/unregister_broker.hpp"

namespace troupe::kafka {

namespace {

/// The entry of a topic in a list of answers that come topic by topic.
template <class Topics>
auto& entry_of(Topics& topics, const std::string& name, std::string Topics::value_type::*key) {
  if (topics.empty() || topics.back().*key != name)
    topics.emplace_back().*key = name;
  return topics.back();
}

class election_operation final : public controller_operation<wire::elect_leaders_response> {
public:
  void start(const operation_context& context, wire::elect_leaders_request& request) {
    metadata::elect_leaders what;
    what.kind = static_cast<metadata::election_kind>(request.election_type);
    if (request.topics) {
      what.partitions.emplace();
      for (auto& topic : *request.topics)
        for (auto partition : topic.partitions)
          what.partitions->push_back({topic.topic, partition_id{partition}});
      wanted_ = *what.partitions;
    }
    ask(context, std::move(what), request.timeout_ms);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* held = std::get_if<metadata::elect_leaders_reply>(&reply.what);
    if (reply.code != errc::none || !held) {
      refuse_all(reply.code);
    } else if (held->what.code != errc::none) {
      refuse_all(held->what.code);
    } else {
      for (auto& item : held->partitions)
        add(item.partition, item.what);
    }
  }

  void refuse_all(errc why) override {
    response_.error_code = controller_error_number(why);
    for (auto& partition : wanted_)
      add(partition, {why, {}});
  }

  void add(const metadata::named_partition& partition, const error& what) {
    auto& topic = entry_of(response_.results, partition.topic, &wire::elect_leaders_response::replica_election_result::topic);
    topic.partitions.push_back({partition.partition.value(), controller_error_number(what.code), message_of(what)});
  }

  std::vector<metadata::named_partition> wanted_;
};

class reassignment_operation final : public controller_operation<wire::alter_partition_reassignments_response> {
public:
  void start(const operation_context& context, wire::alter_partition_reassignments_request& request) {
    metadata::alter_reassignments what;
    what.may_change_factor = request.allow_replication_factor_change;
    response_.allow_replication_factor_change = request.allow_replication_factor_change;
    for (auto& topic : request.topics)
      for (auto& partition : topic.partitions) {
        auto& item = what.partitions.emplace_back();
        item.partition = {topic.name, partition_id{partition.partition_index}};
        if (!partition.replicas)
          continue;
        item.replicas.emplace();
        for (auto node : *partition.replicas)
          item.replicas->emplace_back(node);
      }
    ask(context, std::move(what), request.timeout_ms);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* begun = std::get_if<metadata::alter_reassignments_reply>(&reply.what);
    if (reply.code != errc::none || !begun) {
      refuse_all(reply.code);
      return;
    }
    using topic_response = wire::alter_partition_reassignments_response::reassignable_topic_response;
    for (auto& [partition, what] : begun->partitions) {
      auto& topic = entry_of(response_.responses, partition.topic, &topic_response::name);
      topic.partitions.push_back({partition.partition.value(), controller_error_number(what.code), message_of(what)});
    }
  }

  void refuse_all(errc why) override {
    response_.error_code = controller_error_number(why);
    response_.error_message = std::string{sentence(why)};
  }
};

class unregistration_operation final : public controller_operation<wire::unregister_broker_response> {
public:
  void start(const operation_context& context, wire::unregister_broker_request& request) {
    ask(context, metadata::unregister_broker{node_id{request.broker_id}}, timeout_max_ms / 2);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* gone = std::get_if<metadata::unregister_broker_reply>(&reply.what);
    if (reply.code != errc::none || !gone) {
      refuse_all(reply.code);
      return;
    }
    response_.error_code = controller_error_number(gone->what.code);
    response_.error_message = message_of(gone->what);
  }

  void refuse_all(errc why) override {
    response_.error_code = controller_error_number(why);
    response_.error_message = std::string{sentence(why)};
  }
};

} // namespace

result<operation_ptr> handle_elect_leaders(const operation_context& context, const wire::request_header& header,
                                           const bytes& body) {
  return begin<election_operation, wire::elect_leaders_request>(context, header, body);
}

result<operation_ptr> handle_alter_partition_reassignments(const operation_context& context,
                                                           const wire::request_header& header, const bytes& body) {
  return begin<reassignment_operation, wire::alter_partition_reassignments_request>(context, header, body);
}

result<operation_ptr> handle_list_partition_reassignments(const operation_context& context,
                                                          const wire::request_header& header, const bytes& body) {
  auto request = wire::decode<wire::list_partition_reassignments_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  std::optional<std::vector<metadata::named_partition>> wanted;
  if (request->topics) {
    wanted.emplace();
    for (auto& topic : *request->topics)
      for (auto partition : topic.partition_indexes)
        wanted->push_back({topic.name, partition_id{partition}});
  }
  wire::list_partition_reassignments_response response;
  using ongoing_topic = wire::list_partition_reassignments_response::ongoing_topic_reassignment;
  for (auto& one : metadata::ongoing_reassignments(*context.view.image, wanted)) {
    auto& topic = entry_of(response.topics, one.partition.topic, &ongoing_topic::name);
    topic.partitions.push_back({one.partition.partition.value(), numbers_of(one.replicas), numbers_of(one.adding),
                                numbers_of(one.removing)});
  }
  return answer(std::move(response));
}

result<operation_ptr> handle_unregister_broker(const operation_context& context, const wire::request_header& header,
                                               const bytes& body) {
  return begin<unregistration_operation, wire::unregister_broker_request>(context, header, body);
}

} // namespace troupe::kafka
