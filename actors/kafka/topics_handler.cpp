// CreateTopics and DeleteTopics: decided by the controller, answered once this session sees the outcome, so that the
// client's next request does, too.
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/wire/create_topics.hpp"
#include "runtime/wire/delete_topics.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>

namespace troupe::kafka {

namespace {

constexpr std::int32_t timeout_max_ms = 60'000;

/// Waits for the controller's reply and then for a view that is as new.
template <class Response>
class controller_operation : public operation {
public:
  bool done() const override { return done_; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::append_response(request.correlation_id, request.version, response_, out);
  }

  void on(const operation_context& context, controller_reply& reply) override {
    if (done_)
      return;
    fill(context, reply);
    version_ = reply.version;
    filled_ = true;
    done_ = reply.code != errc::none || context.view.image->version() >= version_;
  }

  void on_view(const operation_context& context) override {
    done_ |= filled_ && context.view.image->version() >= version_;
  }

  // It may happen yet: that is what REQUEST_TIMED_OUT says.
  void on(const operation_context&, request_deadline&) override {
    if (!done_ && !filled_)
      refuse_all(errc::timed_out);
    done_ = true;
  }

protected:
  void ask(const operation_context& context, metadata::command what, std::int32_t timeout_ms) {
    context.ask_controller(std::move(what));
    context.wake_after(std::chrono::milliseconds{std::clamp(timeout_ms, 1, timeout_max_ms)});
  }

  virtual void fill(const operation_context& context, controller_reply& reply) = 0;
  virtual void refuse_all(errc why) = 0;

  Response response_;

private:
  metadata::metadata_version version_;
  bool filled_ = false;
  bool done_ = false;
};

std::optional<std::string> message_of(const error& what) {
  return what.code == errc::none ? std::nullopt : std::optional{what.message()};
}

// Kafka's ConfigSource.
constexpr std::int8_t dynamic_topic_config = 1;
constexpr std::int8_t static_broker_config = 4;
constexpr std::int8_t default_config = 5;

std::int8_t source_number(metadata::config_source source) {
  switch (source) {
  case metadata::config_source::topic:
    return dynamic_topic_config;
  case metadata::config_source::broker:
    return static_broker_config;
  case metadata::config_source::built_in:
    break;
  }
  return default_config;
}

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
      answer.error_code = wire::number(wire::to_error_code(topic.what.code));
      answer.error_message = message_of(topic.what);
      answer.num_partitions = topic.partitions;
      answer.replication_factor = topic.replication_factor;
      if (topic.what.code != errc::none)
        continue;
      answer.configs.emplace();
      for (auto& config : topic.configs)
        answer.configs->push_back({std::string{config.option->name}, config.value, false, source_number(config.source),
                                   false});
    }
  }

  void refuse_all(errc why) override {
    for (auto& name : names_) {
      auto& answer = response_.topics.emplace_back();
      answer.name = name;
      answer.error_code = wire::number(wire::to_error_code(why));
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
    answer.error_code = wire::number(wire::to_error_code(what.code));
    answer.error_message = message_of(what);
  }

  std::vector<metadata::topic_reference> wanted_;
};

template <class Operation, class Request>
result<operation_ptr> begin(const operation_context& context, const wire::request_header& header, const bytes& body) {
  auto request = wire::decode<Request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  auto work = std::make_unique<Operation>();
  work->start(context, *request);
  return work;
}

} // namespace

result<operation_ptr> handle_create_topics(const operation_context& context, const wire::request_header& header,
                                           const bytes& body) {
  return begin<create_operation, wire::create_topics_request>(context, header, body);
}

result<operation_ptr> handle_delete_topics(const operation_context& context, const wire::request_header& header,
                                           const bytes& body) {
  return begin<delete_operation, wire::delete_topics_request>(context, header, body);
}

} // namespace troupe::kafka
