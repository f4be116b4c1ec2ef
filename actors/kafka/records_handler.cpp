// DeleteRecords, DescribeProducers, DescribeLogDirs and AlterReplicaLogDirs: what administrators ask of partitions.
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/partition_questions.hpp"
#include "runtime/wire/alter_replica_log_dirs.hpp"
#include "runtime/wire/delete_records.hpp"
#include "runtime/wire/describe_log_dirs.hpp"
#include "runtime/wire/describe_producers.hpp"

#include <filesystem>
#include <map>
#include <optional>

namespace troupe::kafka {

namespace {

struct delete_records_api : questions_by_name {
  using request = wire::delete_records_request;
  using response = wire::delete_records_response;
  using reply = delete_records_reply;

  static std::int32_t timeout_ms(const request& all) { return all.timeout_ms; }
  static response::delete_records_partition_result unanswered(const request::delete_records_partition& wanted) {
    return {wanted.partition_index, -1, 0};
  }
  static errc check(const request::delete_records_partition& wanted, wire::api_version) {
    return wanted.offset < -1 ? errc::offset_out_of_range : errc::none;
  }
  static void ask(const partition_actor& partition, const request::delete_records_partition& wanted, request_tag tag,
                  const session_client& self) {
    caf::anon_send(admin_of(partition), delete_records_request{tag, offset{wanted.offset}, self});
  }
  static void fill(response::delete_records_partition_result& answer, const reply& done) {
    answer.low_watermark = done.low_watermark.value();
  }
};

struct describe_producers_api : questions_by_name {
  using request = wire::describe_producers_request;
  using response = wire::describe_producers_response;
  using reply = active_producers_reply;

  static const auto& partitions(const request::topic_request& topic) { return topic.partition_indexes; }
  static std::int32_t partition(std::int32_t index) { return index; }
  static std::int32_t partition(const response::partition_response& of) { return of.partition_index; }
  static response::partition_response unanswered(std::int32_t index) { return {index, 0, std::nullopt, {}}; }
  static void ask(const partition_actor& partition, std::int32_t, request_tag tag, const session_client& self) {
    caf::anon_send(admin_of(partition), active_producers_request{tag, self});
  }
  // Without transactions there is neither a coordinator nor an offset at which one began.
  static void fill(response::partition_response& answer, const reply& found) {
    for (auto& one : found.producers)
      answer.active_producers.push_back(
          {one.id.value(), one.epoch.value(), one.last_sequence, one.last_timestamp.value(), -1, -1});
  }
};

class log_dirs_operation final : public operation {
public:
  void start(const operation_context& context, const wire::describe_log_dirs_request& request) {
    path_ = context.environment.options->data_directory;
    if (request.topics)
      for (auto& topic : *request.topics)
        for (auto partition : topic.partitions)
          ask(context, find_topic(context.view, topic.topic), partition);
    else
      context.view.image->for_each_topic([&](const metadata::topic& topic) {
        for (std::size_t i = 0; i < topic.partitions.size(); ++i)
          ask(context, {&topic}, static_cast<std::int32_t>(i));
      });
  }

  void on(const operation_context&, partition_size_reply& reply) override {
    if (reply.tag.part >= parts_.size() || std::exchange(parts_[reply.tag.part].asked, 0) == 0)
      return;
    parts_[reply.tag.part].size_bytes = reply.size_bytes;
    --waiting_;
  }

  // What is not here any more has no size, and is not listed.
  void on_view(const operation_context& context) override {
    for (auto& part : parts_) {
      if (part.asked == 0)
        continue;
      auto [actor, code] = find_replica_here(context.view, find_topic(context.view, part.topic), part.partition);
      if (code == errc::none && (*actor)->id() == part.asked)
        continue;
      part.asked = 0;
      --waiting_;
    }
  }

  bool done() const override { return waiting_ == 0; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::describe_log_dirs_response response;
    auto& directory = response.results.emplace_back();
    directory.log_dir = path_;
    std::error_code failed;
    if (auto volume = std::filesystem::space(path_, failed); !failed) {
      directory.total_bytes = static_cast<std::int64_t>(volume.capacity);
      directory.usable_bytes = static_cast<std::int64_t>(volume.available);
    }
    for (auto& part : parts_) {
      if (!part.size_bytes)
        continue;
      if (directory.topics.empty() || directory.topics.back().name != part.topic)
        directory.topics.push_back({part.topic, {}});
      directory.topics.back().partitions.push_back(
          {part.partition, static_cast<std::int64_t>(*part.size_bytes), 0, false});
    }
    wire::append_response(request.correlation_id, request.version, response, out);
  }

private:
  struct sized_part {
    std::string topic;
    std::int32_t partition;
    caf::actor_id asked = 0; ///< whose reply is due; 0: nobody's
    std::optional<std::uint64_t> size_bytes;
  };

  void ask(const operation_context& context, const topic_match& match, std::int32_t partition) {
    auto [actor, code] = find_replica_here(context.view, match, partition);
    if (code != errc::none)
      return;
    ++waiting_;
    parts_.push_back({match.topic->name, partition, (*actor)->id(), std::nullopt});
    caf::anon_send(admin_of(*actor), partition_size_request{context.part(parts_.size() - 1), context.environment.self});
  }

  std::string path_;
  std::vector<sized_part> parts_;
  std::size_t waiting_ = 0;
};

/// Every replica of this node is in its only directory, and so is where it is to be, or cannot be there.
wire::error_code find_in_directory(const operation_context& context, const std::string& directory,
                                   const topic_match& match, std::int32_t partition) {
  if (directory != context.environment.options->data_directory)
    return wire::error_code::log_dir_not_found;
  auto code = find_replica_here(context.view, match, partition).code;
  // As Kafka calls a replica that is somewhere else, in this answer alone.
  return code == errc::not_leader ? wire::error_code::replica_not_available : wire::to_error_code(code);
}

} // namespace

result<operation_ptr> handle_delete_records(const operation_context& context, const wire::request_header& header,
                                            const bytes& body) {
  return ask_partitions<delete_records_api>(context, header, body);
}

result<operation_ptr> handle_describe_producers(const operation_context& context, const wire::request_header& header,
                                                const bytes& body) {
  return ask_partitions<describe_producers_api>(context, header, body);
}

result<operation_ptr> handle_describe_log_dirs(const operation_context& context, const wire::request_header& header,
                                               const bytes& body) {
  auto request = wire::decode<wire::describe_log_dirs_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  auto work = std::make_unique<log_dirs_operation>();
  work->start(context, *request);
  return work;
}

result<operation_ptr> handle_alter_replica_log_dirs(const operation_context& context, const wire::request_header& header,
                                                    const bytes& body) {
  auto request = wire::decode<wire::alter_replica_log_dirs_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  using response_type = wire::alter_replica_log_dirs_response;
  std::map<std::string, response_type::alter_replica_log_dir_topic_result> by_topic; // each stands once, as in Kafka's answers
  for (auto& directory : request->dirs)
    for (auto& topic : directory.topics) {
      auto& answers = by_topic[topic.name];
      answers.topic_name = topic.name;
      auto match = find_topic(context.view, topic.name);
      for (auto partition : topic.partitions)
        answers.partitions.push_back(
            {partition, wire::number(find_in_directory(context, directory.path, match, partition))});
    }
  response_type response;
  for (auto& [name, answers] : by_topic)
    response.results.push_back(std::move(answers));
  return answer(std::move(response));
}

} // namespace troupe::kafka
