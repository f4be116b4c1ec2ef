// Produce: each partition's batch goes to the partition's actor; the answer waits for all of them.
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/produce.hpp"

#include <caf/send.hpp>

namespace troupe::kafka {

namespace {

using wire::produce_request;
using wire::produce_response;

constexpr wire::api_version zstd_since = 7;

class produce_operation final : public operation {
public:
  explicit produce_operation(std::int16_t acks) : acks_(acks) {}

  void start(const operation_context& context, const wire::request_header& header, produce_request& request) {
    response_.responses.reserve(request.topic_data.size());
    for (auto& topic : request.topic_data) {
      auto& answer = response_.responses.emplace_back();
      answer.name = topic.name;
      answer.topic_id = topic.topic_id;
      auto found = header.version >= topic_ids_since ? find_topic(context.view, topic.topic_id)
                                                     : find_topic(context.view, topic.name);
      for (auto& part : topic.partition_data)
        start_part(context, header.version, found, answer, part);
    }
  }

  void on(const operation_context&, append_reply& reply) override {
    if (reply.tag.part >= places_.size() || waiting_ == 0)
      return;
    --waiting_;
    auto [topic, partition] = places_[reply.tag.part];
    auto& answer = response_.responses[topic].partition_responses[partition];
    answer.base_offset = reply.base_offset.value();
    answer.log_append_time_ms = reply.log_append_time.value();
    answer.log_start_offset = reply.log_start.value();
    if (reply.code != errc::none)
      refuse(answer, reply.code, std::move(reply.message));
    for (auto& record : reply.refused)
      answer.record_errors.push_back({record.batch_index, std::move(record.message)});
  }

  bool done() const override { return waiting_ == 0; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    if (acks_ != 0)
      wire::append_response(request.correlation_id, request.version, response_, out);
  }

  std::string close_reason() const override {
    return acks_ == 0 && any_failed_ ? "a produce request with acks=0 failed" : std::string{};
  }

private:
  void start_part(const operation_context& context, wire::api_version version, const topic_match& topic,
                  produce_response::topic_produce_response& answer, produce_request::partition_produce_data& part) {
    places_.emplace_back(static_cast<std::uint32_t>(response_.responses.size() - 1),
                         static_cast<std::uint32_t>(answer.partition_responses.size()));
    auto& mine = answer.partition_responses.emplace_back();
    mine.index = part.index;
    mine.base_offset = -1;
    auto [partition, code] = find_partition(context.view, topic, part.index);
    if (acks_ < -1 || acks_ > 1)
      code = errc::invalid_required_acks;
    else if (code == errc::none && !part.records)
      code = errc::invalid_record;
    if (code != errc::none) {
      refuse(mine, code, {});
      return;
    }
    ++waiting_;
    caf::anon_send(*partition, append_request{context.part(places_.size() - 1), std::move(*part.records), acks_,
                                              version >= zstd_since, context.environment.self});
  }

  void refuse(produce_response::partition_produce_response& answer, errc code, std::string message) {
    any_failed_ = true;
    answer.error_code = wire::number(wire::to_error_code(code));
    answer.base_offset = -1;
    answer.error_message = message.empty() ? std::string{sentence(code)} : std::move(message);
  }

  struct place {
    std::uint32_t topic;
    std::uint32_t partition;
  };

  std::int16_t acks_;
  bool any_failed_ = false;
  std::size_t waiting_ = 0;
  std::vector<place> places_; ///< in the response, by the part of the request
  produce_response response_;
};

} // namespace

result<operation_ptr> handle_produce(const operation_context& context, const wire::request_header& header,
                                     const bytes& body) {
  auto request = wire::decode<produce_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  auto work = std::make_unique<produce_operation>(request->acks);
  work->start(context, header, *request);
  return work;
}

} // namespace troupe::kafka
