// CreateTopics, DeleteTopics and CreatePartitions.
#include "actors/kafka/config_numbers.hpp"
#include "actors/kafka/controller_operation.hpp"
#include "actors/kafka/handlers.hpp"
#include "runtime/wire/create_partitions.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_topics.hpp"
#include "runtime/wire/error_code.hpp"

namespace troupe::kafka {

namespace {

class create_operation final : public controller_operation<wire::create_topics_response> {
public:
  void start(const operation_context& context, wire::create_topics_request& request) {
    metadata::create_topics what;
    what.validate_only = request.validate_only;
    for (auto& topic : request.topics) {
      names_.push_back(topic.name);
      auto& wanted = what.topics.emplace_back();
      wanted.name = topic.name;
      wanted.partitions = topic.num_partitions;
      wanted.replication_factor = topic.replication_factor;
      for (auto& [partition, brokers] : topic.assignments) {
        auto& assigned = wanted.assignments.emplace_back(partition_id{partition}, std::vector<node_id>{});
        for (auto broker : brokers)
          assigned.second.emplace_back(broker);
      }
      for (auto& [key, value] : topic.configs)
        wanted.configs.push_back({key, value});
    }
    ask(context, std::move(what), request.timeout_ms);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* made = std::get_if<metadata::create_topics_reply>(&reply.what);
    if (reply.code != errc::none || !made) {
      refuse_all(reply.code);
      return;
    }
    for (auto& topic : made->topics) {
      auto& answer = response_.topics.emplace_back();
      answer.name = topic.name;
      answer.topic_id = topic.id;
      answer.error_code = controller_error_number(topic.what.code);
      answer.error_message = message_of(topic.what);
      answer.num_partitions = topic.partitions;
      answer.replication_factor = topic.replication_factor;
      if (topic.what.code != errc::none)
        continue;
      answer.configs.emplace();
      for (auto& config : topic.configs)
        answer.configs->push_back({std::string{config.option->name}, config.value, false, number_of(config.source),
                                   false});
    }
  }

  void refuse_all(errc why) override {
    for (auto& name : names_) {
      auto& answer = response_.topics.emplace_back();
      answer.name = name;
      answer.error_code = controller_error_number(why);
      answer.error_message = std::string{sentence(why)};
    }
  }

  std::vector<std::string> names_;
};

class delete_operation final : public controller_operation<wire::delete_topics_response> {
public:
  void start(const operation_context& context, wire::delete_topics_request& request) {
    metadata::delete_topics what;
    for (auto& name : request.topic_names)
      what.topics.push_back({std::move(name), {}});
    for (auto& topic : request.topics)
      what.topics.push_back({topic.name.value_or(""), topic.topic_id});
    wanted_ = what.topics;
    ask(context, std::move(what), request.timeout_ms);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* gone = std::get_if<metadata::delete_topics_reply>(&reply.what);
    if (reply.code != errc::none || !gone) {
      refuse_all(reply.code);
      return;
    }
    for (auto& topic : gone->topics)
      add(topic.name, topic.id, topic.what);
  }

  void refuse_all(errc why) override {
    for (auto& topic : wanted_)
      add(topic.name, topic.id, {why, {}});
  }

  void add(const std::string& name, const topic_id& id, const error& what) {
    auto& answer = response_.responses.emplace_back();
    if (!name.empty() || id.is_zero())
      answer.name = name;
    answer.topic_id = id;
    answer.error_code = controller_error_number(what.code);
    answer.error_message = message_of(what);
  }

  std::vector<metadata::topic_reference> wanted_;
};

class extend_operation final : public controller_operation<wire::create_partitions_response> {
public:
  void start(const operation_context& context, wire::create_partitions_request& request) {
    metadata::create_partitions what;
    what.validate_only = request.validate_only;
    for (auto& topic : request.topics) {
      names_.push_back(topic.name);
      auto& wanted = what.topics.emplace_back();
      wanted.topic = topic.name;
      wanted.total = topic.count;
      if (!topic.assignments)
        continue;
      wanted.assignments.emplace();
      for (auto& assigned : *topic.assignments) {
        auto& replicas = wanted.assignments->emplace_back();
        for (auto broker : assigned.broker_ids)
          replicas.emplace_back(broker);
      }
    }
    ask(context, std::move(what), request.timeout_ms);
  }

private:
  void fill(const operation_context&, controller_reply& reply) override {
    auto* made = std::get_if<metadata::create_partitions_reply>(&reply.what);
    if (reply.code != errc::none || !made) {
      refuse_all(reply.code);
      return;
    }
    for (auto& item : made->topics)
      add(item.topic, item.what);
  }

  void refuse_all(errc why) override {
    for (auto& name : names_)
      add(name, {why, {}});
  }

  void add(const std::string& name, const error& what) {
    response_.results.push_back({name, controller_error_number(what.code), message_of(what)});
  }

  std::vector<std::string> names_;
};

} // namespace

result<operation_ptr> handle_create_topics(const operation_context& context, const wire::request_header& header,
                                           const bytes& body) {
  return begin<create_operation, wire::create_topics_request>(context, header, body);
}

result<operation_ptr> handle_delete_topics(const operation_context& context, const wire::request_header& header,
                                           const bytes& body) {
  return begin<delete_operation, wire::delete_topics_request>(context, header, body);
}

result<operation_ptr> handle_create_partitions(const operation_context& context, const wire::request_header& header,
                                               const bytes& body) {
  return begin<extend_operation, wire::create_partitions_request>(context, header, body);
}

} // namespace troupe::kafka
