// Produce: each partition's batch goes to the partition's actor; the answer waits for all of them.
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/leader_hints.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/produce.hpp"

#include <algorithm>

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
    by_id_ = header.version >= topic_ids_since;
    deadline_ns_ = context.environment.clock->monotonic_ns() + std::max(request.timeout_ms, 0) * ns_per_ms;
    response_.responses.reserve(request.topic_data.size());
    for (auto& topic : request.topic_data) {
      auto& answer = response_.responses.emplace_back();
      answer.name = topic.name;
      answer.topic_id = topic.topic_id;
      for (auto& part : topic.partition_data)
        start_part(context, header.version, answer, part);
    }
  }

  void on(const operation_context& context, append_reply& reply) override {
    if (reply.tag.part >= parts_.size() || !settle(parts_[reply.tag.part]))
      return;
    auto& part = parts_[reply.tag.part];
    auto& answer = answer_of(part);
    answer.base_offset = reply.base_offset.value();
    answer.log_append_time_ms = reply.log_append_time.value();
    answer.log_start_offset = reply.log_start.value();
    if (reply.code != errc::none)
      refuse(context, part, reply.code, std::move(reply.message));
    for (auto& record : reply.refused)
      answer.record_errors.push_back({record.batch_index, std::move(record.message)});
  }

  // A partition that was deleted or started anew does not answer what it was asked before. It may have been written.
  void on_view(const operation_context& context) override {
    for (auto& part : parts_) {
      if (part.asked == 0)
        continue;
      auto [partition, code] = find_partition(context.view, topic_of(context, part), answer_of(part).index);
      if (code == errc::none && (*partition)->id() != part.asked)
        code = errc::not_leader;
      if (code != errc::none && settle(part))
        refuse(context, part, code, {});
    }
  }

  void on_tick(const operation_context& context, std::int64_t now_ns) override {
    if (waiting_ == 0 || now_ns < deadline_ns_)
      return;
    for (auto& part : parts_)
      if (settle(part))
        refuse(context, part, errc::timed_out, {});
  }

  bool done() const override { return waiting_ == 0; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    response_.node_endpoints = leaders_.nodes();
    if (acks_ != 0)
      wire::append_response(request.correlation_id, request.version, response_, out);
  }

  std::string close_reason() const override {
    return acks_ == 0 && any_failed_ ? "a produce request with acks=0 failed" : std::string{};
  }

private:
  struct asked_part {
    std::uint32_t topic; ///< the places in the response
    std::uint32_t partition;
    caf::actor_id asked = 0; ///< whose reply is due; 0: nobody's
  };

  topic_match topic_of(const operation_context& context, const asked_part& p) const {
    auto& topic = response_.responses[p.topic];
    return by_id_ ? find_topic(context.view, topic.topic_id) : find_topic(context.view, topic.name);
  }

  produce_response::partition_produce_response& answer_of(const asked_part& p) {
    return response_.responses[p.topic].partition_responses[p.partition];
  }

  /// False if the part has its answer already.
  bool settle(asked_part& p) {
    if (p.asked == 0)
      return false;
    p.asked = 0;
    --waiting_;
    return true;
  }

  void start_part(const operation_context& context, wire::api_version version,
                  produce_response::topic_produce_response& answer, produce_request::partition_produce_data& part) {
    auto& place = parts_.emplace_back(asked_part{static_cast<std::uint32_t>(response_.responses.size() - 1),
                                                  static_cast<std::uint32_t>(answer.partition_responses.size())});
    auto& mine = answer.partition_responses.emplace_back();
    mine.index = part.index;
    mine.base_offset = -1;
    auto [partition, code] = find_partition(context.view, topic_of(context, place), part.index);
    if (acks_ < -1 || acks_ > 1)
      code = errc::invalid_required_acks;
    else if (code == errc::none && !part.records)
      code = errc::invalid_record;
    if (code != errc::none) {
      refuse(context, place, code, {});
      return;
    }
    ++waiting_;
    place.asked = (*partition)->id();
    caf::anon_send(*partition, append_request{context.part(parts_.size() - 1), std::move(*part.records), acks_,
                                              version >= zstd_since, context.environment.self});
  }

  void refuse(const operation_context& context, const asked_part& p, errc code, std::string message) {
    any_failed_ = true;
    auto& answer = answer_of(p);
    if (code == errc::not_leader)
      answer.current_leader = leaders_.look_up(context, topic_of(context, p), answer.index);
    if (code == errc::malformed || code == errc::end_of_input)
      code = errc::invalid_record; // of the batch, not of the request
    answer.error_code = wire::number(wire::to_error_code(code));
    answer.base_offset = -1;
    answer.error_message = message.empty() ? std::string{sentence(code)} : std::move(message);
  }

  std::int16_t acks_;
  bool any_failed_ = false;
  std::size_t waiting_ = 0;
  std::vector<asked_part> parts_;
  bool by_id_ = false;
  std::int64_t deadline_ns_ = 0;
  leader_hints leaders_;
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
