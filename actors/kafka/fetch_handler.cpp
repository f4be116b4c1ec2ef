// Fetch: every partition is asked at once; if that gives less than the client's minimum, the operation waits until
// partitions wake it or the client's time is over. Batches are passed on as slices of the log's memory.
#include "actors/kafka/fetch_trim.hpp"
#include "actors/kafka/handlers.hpp"
#include "actors/kafka/leader_hints.hpp"
#include "actors/kafka/replica_choice.hpp"
#include "actors/kafka/session.hpp"
#include "actors/kafka/topic_lookup.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/fetch.hpp"

#include <algorithm>
#include <optional>

#include <caf/send.hpp>

namespace troupe::kafka {

namespace {

using wire::fetch_request;
using wire::fetch_response;

constexpr std::int8_t read_committed = 1;
constexpr wire::api_version zstd_fetched_since = 10;
/// An alarm keeps a connection that has ended in memory until it is due: longer than that nobody waits at a time.
constexpr std::int32_t wait_max_ms = 5 * 60 * 1000;
constexpr wire::api_version racks_since = 11;   ///< KIP-392
constexpr wire::api_version leaders_since = 16; ///< KIP-951; clients of older versions don't expect them

class fetch_operation final : public operation {
public:
  fetch_operation(fetch_request request, session_plan session, wire::api_version version)
      : request_(std::move(request)), session_(std::move(session)), version_(version), by_id_(version >= topic_ids_since) {}

  ~fetch_operation() override { hold(0); }

  void start(const operation_context& context) {
    memory_ = context.environment.budget;
    sessions_ = context.environment.fetch_sessions;
    if (session_.session_id != 0)
      for (auto& one : session_.partitions)
        parts_.push_back({&one.topic, &one.id, &one.wanted, {}, {}, 0});
    else
      for (auto& topic : request_.topics)
        for (auto& partition : topic.partitions)
          parts_.push_back({&topic.topic, &topic.topic_id, &partition, {}, {}, 0});
    for (std::size_t i = 0; i < parts_.size(); ++i)
      ask(context, i);
    settle(context);
  }

  void on(const operation_context& context, fetch_reply& reply) override {
    if (done_ || reply.tag.part >= parts_.size())
      return;
    auto& part = parts_[reply.tag.part];
    if (std::exchange(part.asked, 0) == 0)
      return;
    --asked_;
    part.answer = std::move(reply);
    if (part.answer.code != errc::none)
      refuse(context, part, part.answer.code);
    if (part.answer.from_disk)
      hold(held_bytes_ + part.answer.size_bytes);
    settle(context);
  }

  void on(const operation_context& context, fetch_wakeup& wakeup) override {
    if (!done_ && wakeup.tag.part < parts_.size())
      ask(context, wakeup.tag.part);
  }

  void on(const operation_context& context, request_deadline&) override {
    late_ = true;
    settle(context);
  }

  // A partition that is deleted or starts anew while its reader waits: the reader must hear of it.
  void on_view(const operation_context& context) override {
    if (done_)
      return;
    for (auto& part : parts_) {
      auto [partition, code] = find_replica(context, topic_of(context, part), part.wanted->partition);
      if (code == errc::none && (part.asked == 0 || part.asked == (*partition)->id()))
        continue;
      refuse(context, part, code == errc::none ? errc::not_leader : code);
      if (std::exchange(part.asked, 0) != 0)
        --asked_;
    }
    settle(context);
  }

  bool done() const override { return done_; }

  void write(const wire::request_header& request, std::vector<char>& out) override {
    wire::append_response(request.correlation_id, request.version, take_response(), out);
  }

  void write_spliced(const wire::request_header& request, std::vector<char>& out,
                     std::vector<wire::splice>& splices) override {
    wire::append_response(request.correlation_id, request.version, take_response(), out, &splices);
  }

private:
  fetch_response take_response() {
    fetch_response response;
    response.session_id = session_.session_id;
    auto max_bytes = static_cast<std::size_t>(std::max(request_.max_bytes, 0));
    response_budget budget{memory_->is_tight() ? std::min(max_bytes, fetch_tight_bytes) : max_bytes};
    if (session_.session_id == 0)
      for (auto& part : parts_)
        add(response, part, answer_for(part, budget));
    else
      write_news(response, budget);
    response.node_endpoints = leaders_.nodes();
    return response;
  }

  struct part {
    const std::string* topic;
    const topic_id* id;
    const fetch_request::fetch_partition* wanted;
    fetch_reply answer;
    wire::leader_id_and_epoch leader; ///< if it is not here
    caf::actor_id asked = 0;          ///< whose reply is due; 0: nobody's
    std::optional<node_id> nearest{}; ///< from whom it should be read
  };

  topic_match topic_of(const operation_context& context, const part& p) const {
    return by_id_ ? find_topic(context.view, *p.id) : find_topic(context.view, *p.topic);
  }

  void ask(const operation_context& context, std::size_t index) {
    auto& part = parts_[index];
    auto topic = topic_of(context, part);
    auto [partition, code] = find_replica(context, topic, part.wanted->partition);
    if (code == errc::none && version_ < zstd_fetched_since && holds_zstd(*topic.topic))
      code = errc::unsupported_compression;
    if (code != errc::none) {
      refuse(context, part, code);
      return;
    }
    if (std::exchange(part.asked, (*partition)->id()) == 0)
      ++asked_;
    part.nearest = nearest(context, topic, part.wanted->partition);
    auto max_bytes = std::min({request_.max_bytes, part.wanted->partition_max_bytes,
                               static_cast<std::int32_t>(context.environment.options->fetch_max_bytes)});
    if (memory_->is_tight())
      max_bytes = std::min(max_bytes, static_cast<std::int32_t>(fetch_tight_bytes));
    if (part.nearest)
      max_bytes = 0; // the leader only says whether the offset is good
    caf::anon_send(*partition, ::troupe::fetch_request{context.part(index),
                                                       offset{part.wanted->fetch_offset},
                                                       leader_epoch{part.wanted->current_leader_epoch},
                                                       static_cast<std::uint32_t>(std::max(max_bytes, 0)),
                                                       !part.nearest,
                                                       part.nearest ? 0 : wake_below(),
                                                       context.environment.self,
                                                       says_rack()});
  }

  /// Only clients that say their rack know that a follower may answer.
  bool says_rack() const { return version_ >= racks_since && !request_.rack_id.empty(); }

  /// The leader, or for a client that says its rack, a follower.
  partition_match find_replica(const operation_context& context, const topic_match& topic, std::int32_t partition) const {
    auto found = find_partition(context.view, topic, partition);
    if (found.code != errc::not_leader || !says_rack())
      return found;
    auto* follower = context.view.find_follower(topic.topic->id, partition);
    return follower ? partition_match{follower, errc::none} : found;
  }

  /// Whom the client should ask instead of the leader, which is here.
  std::optional<node_id> nearest(const operation_context& context, const topic_match& topic, std::int32_t partition) const {
    auto* state = topic.topic->find_partition(partition_id{partition});
    if (!says_rack() || !state || state->leader != context.environment.options->self)
      return std::nullopt;
    return nearest_replica(*context.view.image, *state, request_.rack_id, *context.environment.options);
  }

  static bool holds_zstd(const metadata::topic& topic) {
    auto set = topic.configs.find("compression.type");
    return set != topic.configs.end() && set->second == "zstd";
  }

  void refuse(const operation_context& context, part& p, errc code) {
    p.answer.code = code;
    if (code == errc::not_leader || code == errc::fenced_leader_epoch)
      p.leader = leaders_.look_up(context, topic_of(context, p), p.wanted->partition);
  }

  /// What was read from the disk for this answer counts as unsent until it is written.
  void hold(std::size_t size_bytes) {
    memory_->unsent.fetch_add(size_bytes - held_bytes_, std::memory_order_relaxed); // wraps when it is less
    held_bytes_ = size_bytes;
  }

  std::uint32_t wake_below() const {
    return request_.max_wait_ms > 0 ? static_cast<std::uint32_t>(std::max(request_.min_bytes, 0)) : 0;
  }

  /// Done, or waiting for wake-ups and the client's deadline.
  void settle(const operation_context& context) {
    if (done_ || asked_ > 0)
      return;
    std::size_t found = 0;
    bool failed = false;
    for (auto& part : parts_) {
      found += part.answer.size_bytes;
      failed |= part.answer.code != errc::none || part.nearest;
    }
    done_ = late_ || failed || parts_.empty() || request_.max_wait_ms <= 0
            || found >= static_cast<std::size_t>(std::max(request_.min_bytes, 0));
    if (!done_ && !std::exchange(alarm_set_, true))
      context.wake_after(std::chrono::milliseconds{std::min(request_.max_wait_ms, wait_max_ms)});
  }

  /// Of a session: what the client does not know yet.
  void write_news(fetch_response& response, response_budget& budget) {
    std::vector<fetch_response::partition_data> all;
    std::vector<session_answer> answers;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      auto& data = all.emplace_back(answer_for(parts_[i], budget));
      auto is_refused = data.error_code != 0 || data.preferred_read_replica >= 0;
      answers.push_back({session_.partitions[i].known, is_refused, !data.records->slices.empty(),
                         data.high_watermark, data.log_start_offset});
    }
    sessions_->settle(session_, answers);
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (answers[i].is_news)
        add(response, parts_[i], std::move(all[i]));
  }

  static void add(fetch_response& response, const part& p, fetch_response::partition_data data) {
    auto& topics = response.responses;
    if (topics.empty() || topics.back().topic != *p.topic || topics.back().topic_id != *p.id)
      topics.push_back({*p.topic, *p.id, {}});
    topics.back().partitions.push_back(std::move(data));
  }

  fetch_response::partition_data answer_for(part& p, response_budget& budget) const {
    fetch_response::partition_data answer;
    answer.partition_index = p.wanted->partition;
    answer.records.emplace();
    if (request_.isolation_level == read_committed)
      answer.aborted_transactions.emplace();
    if (p.answer.code != errc::none) {
      answer.error_code = wire::number(wire::to_error_code(p.answer.code));
      answer.high_watermark = -1;
      if (version_ >= leaders_since)
        answer.current_leader = p.leader;
      return answer;
    }
    answer.high_watermark = p.answer.high_watermark.value();
    answer.last_stable_offset = p.answer.high_watermark.value();
    answer.log_start_offset = p.answer.log_start.value();
    if (p.nearest) {
      answer.preferred_read_replica = p.nearest->value();
      return answer;
    }
    answer.records->slices = budget.take(std::move(p.answer.batches),
                                         static_cast<std::size_t>(std::max(p.wanted->partition_max_bytes, 0)));
    return answer;
  }

  fetch_request request_;
  session_plan session_;
  wire::api_version version_;
  bool by_id_;
  std::shared_ptr<byte_budget> memory_;
  std::shared_ptr<fetch_session_cache> sessions_;
  std::size_t held_bytes_ = 0;
  std::vector<part> parts_; ///< points into request_ or session_, which stay where they are
  std::size_t asked_ = 0;   ///< partitions whose reply is due
  leader_hints leaders_;
  bool alarm_set_ = false;
  bool late_ = false; ///< the client's time is over
  bool done_ = false;
};

} // namespace

result<operation_ptr> handle_fetch(const operation_context& context, const wire::request_header& header,
                                   const bytes& body) {
  auto request = wire::decode<fetch_request>(body, header.version);
  if (!request)
    return fail(std::move(request));
  session_plan session;
  if (auto& sessions = context.environment.fetch_sessions)
    session = sessions->open(*request, header.version >= topic_ids_since, context.environment.clock->monotonic_ns());
  else if (request->session_id != 0)
    session.code = wire::error_code::fetch_session_id_not_found;
  if (session.code != wire::error_code::none) {
    fetch_response refusal;
    refusal.error_code = wire::number(session.code);
    return answer(std::move(refusal));
  }
  auto work = std::make_unique<fetch_operation>(std::move(*request), std::move(session), header.version);
  work->start(context);
  return work;
}

} // namespace troupe::kafka
