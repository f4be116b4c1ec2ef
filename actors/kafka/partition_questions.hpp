// Requests that are one question to each of several partitions, and gather one answer from each.
#pragma once

#include "actors/kafka/operation.hpp"
#include "actors/kafka/session.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/wire/error_code.hpp"

#include <algorithm>

#include <caf/send.hpp>

namespace troupe::kafka {

/// What most of these APIs have in common. Those that don't have a member of the same name.
struct questions_by_name {
  static auto& topic_name(auto& topic) { return topic.name; }
  static const auto& partitions(const auto& topic) { return topic.partitions; }
  static std::int32_t partition(const auto& of) { return of.partition_index; }
  /// Whether this may be asked at all.
  static errc check(const auto&, wire::api_version) { return errc::none; }
};

/// Asks every partition of a request and gathers the replies where they belong in the response. `Api` names the
/// messages and translates a question and a reply; with a `timeout_ms(request)` it also says how long to wait.
template <class Api>
class partition_questions final : public operation {
public:
  void start(const operation_context& context, const typename Api::request& request, wire::api_version version) {
    if constexpr (requires { Api::timeout_ms(request); })
      deadline_ns_ = context.environment.clock->monotonic_ns() + std::max(Api::timeout_ms(request), 0) * ns_per_ms;
    for (auto& topic : request.topics) {
      auto& answers = response_.topics.emplace_back();
      Api::topic_name(answers) = Api::topic_name(topic);
      auto match = find_topic(context.view, Api::topic_name(topic));
      for (auto& wanted : Api::partitions(topic)) {
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
        Api::ask(*partition, wanted, context.part(places_.size() - 1), context.environment.self);
      }
    }
  }

  void on(const operation_context&, typename Api::reply& reply) override {
    if (reply.tag.part >= places_.size() || places_[reply.tag.part].asked == 0)
      return;
    auto& answer = settle(places_[reply.tag.part], code_of(reply));
    if (code_of(reply) == errc::none)
      Api::fill(answer, reply);
  }

  // A partition that was deleted or started anew does not answer what it was asked before.
  void on_view(const operation_context& context) override {
    for (auto& place : places_) {
      if (place.asked == 0)
        continue;
      auto& topic = response_.topics[place.topic];
      auto match = find_topic(context.view, Api::topic_name(topic));
      auto [partition, code] = find_partition(context.view, match, Api::partition(topic.partitions[place.partition]));
      if (code != errc::none || (*partition)->id() != place.asked)
        settle(place, code == errc::none ? errc::not_leader : code);
    }
  }

  void on_tick(const operation_context&, std::int64_t now_ns) override {
    if (deadline_ns_ == 0 || now_ns < deadline_ns_)
      return;
    for (auto& place : places_)
      if (place.asked != 0)
        settle(place, errc::timed_out);
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

  static errc code_of(const auto& reply) {
    if constexpr (requires { reply.code; })
      return reply.code;
    else
      return errc::none;
  }

  auto& settle(question_place& place, errc code) {
    place.asked = 0;
    --waiting_;
    auto& answer = response_.topics[place.topic].partitions[place.partition];
    answer.error_code = wire::number(wire::to_error_code(code));
    return answer;
  }

  typename Api::response response_;
  std::vector<question_place> places_; ///< by part
  std::size_t waiting_ = 0;
  std::int64_t deadline_ns_ = 0; ///< 0: there is none
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

} // namespace troupe::kafka
