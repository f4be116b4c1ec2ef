// ListOffsets and OffsetForLeaderEpoch: a question to each partition, one answer from each.
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "runtime/wire/offset_for_leader_epoch.hpp"

#include <caf/send.hpp>

namespace troupe::kafka {

namespace {

/// Asks every partition of a request and gathers the replies where they belong in the response. `Api` names the
/// messages and translates a question and a reply.
template <class Api>
class partition_questions final : public operation {
public:
  void start(const operation_context& context, const typename Api::request& request, wire::api_version version) {
    for (auto& topic : request.topics) {
      auto& answers = Api::add_topic(response_, topic);
      auto match = find_topic(context.view, Api::topic_name(topic));
      for (auto& wanted : topic.partitions) {
        places_.push_back({response_.topics.size() - 1, answers.partitions.size()});
        auto& mine = answers.partitions.emplace_back(Api::unanswered(wanted));
        auto [partition, code] = find_partition(context.view, match, Api::partition(wanted));
        if (code == errc::none)
          code = Api::check(wanted, version);
        if (code != errc::none) {
          mine.error_code = wire::number(wire::to_error_code(code));
          continue;
        }
        ++waiting_;
        places_.back().asked = (*partition)->id();
        caf::anon_send(*partition, Api::question(wanted, context.part(places_.size() - 1), context.environment.self));
      }
    }
  }

  void on(const operation_context&, typename Api::reply& reply) override {
    if (reply.tag.part >= places_.size() || places_[reply.tag.part].asked == 0)
      return;
    auto& place = places_[reply.tag.part];
    place.asked = 0;
    --waiting_;
    auto& answer = response_.topics[place.topic].partitions[place.partition];
    answer.error_code = wire::number(wire::to_error_code(reply.code));
    if (reply.code == errc::none)
      Api::fill(answer, reply);
  }

  // A partition that was deleted or started anew does not answer what it was asked before.
  void on_view(const operation_context& context) override {
    for (auto& place : places_) {
      if (place.asked == 0)
        continue;
      auto& topic = response_.topics[place.topic];
      auto& answer = topic.partitions[place.partition];
      auto match = find_topic(context.view, Api::topic_name(topic));
      auto [partition, code] = find_partition(context.view, match, Api::partition(answer));
      if (code == errc::none && (*partition)->id() == place.asked)
        continue;
      place.asked = 0;
      --waiting_;
      answer.error_code = wire::number(wire::to_error_code(code == errc::none ? errc::not_leader : code));
    }
  }

  bool done() const override { return waiting_ == 0; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::append_response(request.correlation_id, request.version, response_, out);
  }

private:
  struct question_place {
    std::size_t topic; ///< in response_
    std::size_t partition;
    caf::actor_id asked = 0; ///< whose reply is due; 0: nobody's
  };

  typename Api::response response_;
  std::vector<question_place> places_; ///< by part
  std::size_t waiting_ = 0;
};

struct list_offsets_api {
  using request = wire::list_offsets_request;
  using response = wire::list_offsets_response;
  using reply = list_offset_reply;

  static auto& add_topic(response& to, const request::list_offsets_topic& topic) {
    return to.topics.emplace_back(response::list_offsets_topic_response{topic.name, {}});
  }
  static const std::string& topic_name(const auto& topic) { return topic.name; }
  static std::int32_t partition(const auto& of) { return of.partition_index; }
  static response::list_offsets_partition_response unanswered(const request::list_offsets_partition& wanted) {
    return {wanted.partition_index, 0, -1, -1, -1};
  }
  // Each of these meanings came with a version of its own (KIP-734, KIP-405, KIP-1005, KIP-1023).
  static errc check(const request::list_offsets_partition& wanted, wire::api_version version) {
    using namespace list_offset;
    auto since = wanted.timestamp == max_timestamp             ? 7
                 : wanted.timestamp == earliest_local          ? 8
                 : wanted.timestamp == latest_tiered           ? 9
                 : wanted.timestamp == earliest_pending_upload ? 11
                                                               : 0;
    return version < since || wanted.timestamp < earliest_pending_upload ? errc::unsupported_version : errc::none;
  }
  static list_offset_request question(const request::list_offsets_partition& wanted, request_tag tag,
                                      const session_client& self) {
    return {tag, wanted.timestamp, leader_epoch{wanted.current_leader_epoch}, self};
  }
  static void fill(response::list_offsets_partition_response& answer, const reply& found) {
    answer.offset = found.found.value();
    answer.timestamp = found.timestamp.value();
    answer.leader_epoch = found.epoch.value();
  }
};

struct epoch_end_api {
  using request = wire::offset_for_leader_epoch_request;
  using response = wire::offset_for_leader_epoch_response;
  using reply = epoch_end_reply;

  static auto& add_topic(response& to, const request::offset_for_leader_topic& topic) {
    return to.topics.emplace_back(response::offset_for_leader_topic_result{topic.topic, {}});
  }
  static const std::string& topic_name(const auto& topic) { return topic.topic; }
  static std::int32_t partition(const auto& of) { return of.partition; }
  static response::epoch_end_offset unanswered(const request::offset_for_leader_partition& wanted) {
    return {0, wanted.partition, -1, -1};
  }
  static errc check(const request::offset_for_leader_partition&, wire::api_version) { return errc::none; }
  static epoch_end_request question(const request::offset_for_leader_partition& wanted, request_tag tag,
                                    const session_client& self) {
    return {tag, leader_epoch{wanted.current_leader_epoch}, leader_epoch{wanted.leader_epoch}, self};
  }
  static void fill(response::epoch_end_offset& answer, const reply& found) {
    answer.leader_epoch = found.epoch.value();
    answer.end_offset = found.end_offset.value();
  }
};

template <class Api>
result<operation_ptr> ask_partitions(const operation_context& context, const wire::request_header& header,
                                     const bytes& body) {
  auto request = wire::decode<typename Api::request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  auto work = std::make_unique<partition_questions<Api>>();
  work->start(context, *request, header.version);
  return work;
}

} // namespace

result<operation_ptr> handle_list_offsets(const operation_context& context, const wire::request_header& header,
                                          const bytes& body) {
  return ask_partitions<list_offsets_api>(context, header, body);
}

result<operation_ptr> handle_offset_for_leader_epoch(const operation_context& context,
                                                     const wire::request_header& header, const bytes& body) {
  return ask_partitions<epoch_end_api>(context, header, body);
}

} // namespace troupe::kafka
