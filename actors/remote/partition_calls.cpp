#include "actors/remote/partition_calls.hpp"

#include "actors/remote/error_codes.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/list_offsets.hpp"
#include "runtime/wire/offset_for_leader_epoch.hpp"
#include "runtime/wire/produce.hpp"

#include <algorithm>
#include <utility>

#include <caf/send.hpp>

namespace troupe::remote {

namespace {

constexpr std::int32_t produce_timeout_ms = 30'000;
/// What a request takes beside its records.
constexpr std::size_t call_overhead_bytes = 200;

template <class Reply>
void refuse(Reply& reply, errc why, const on_stale& stale) {
  reply.code = why;
  if (means_other_leader(why))
    stale();
}

/// The one partition that was asked for; null if the answer is about something else.
template <class Topics, class Partitions>
auto* only_partition(Topics& topics, Partitions partitions) {
  using item = typename std::remove_reference_t<decltype(topics.front().*partitions)>::value_type;
  auto fits = topics.size() == 1 && (topics.front().*partitions).size() == 1;
  return fits ? &(topics.front().*partitions).front() : static_cast<item*>(nullptr);
}

/// Asks for one partition; `fill(reply, partition)` takes over what the node says of it.
template <class Reply, class Response, class Message, class Request, class Fill>
call_ptr question_call(Message message, const Request& request, on_stale stale, Fill fill) {
  return make_call<Response>(
      std::move(message), {call_overhead_bytes},
      [tag = request.tag, to = request.reply_to, stale = std::move(stale), fill](result<Response> answer) {
        Reply reply;
        reply.tag = tag;
        using topic = typename decltype(Response::topics)::value_type;
        auto* from = answer ? only_partition(answer->topics, &topic::partitions) : nullptr;
        auto code = !answer ? answer.error().code : from ? errc_of(from->error_code) : errc::timed_out;
        refuse(reply, code, stale);
        if (code == errc::none)
          fill(reply, *from);
        caf::anon_send(to, std::move(reply));
      });
}

void fill(append_reply& reply, wire::produce_response::partition_produce_response& from) {
  reply.base_offset = offset{from.base_offset};
  reply.log_append_time = timestamp_ms{from.log_append_time_ms};
  reply.log_start = offset{from.log_start_offset};
  if (from.error_code != 0)
    reply.message = from.error_message.value_or(wire::name(wire::error_code{from.error_code}));
  for (auto& record : from.record_errors)
    reply.refused.push_back({record.batch_index, record.batch_index_error_message.value_or("")});
}

wire::fetch_request::fetch_partition wanted(const partition_name& name, offset from, leader_epoch epoch,
                                            std::size_t max_bytes) {
  wire::fetch_request::fetch_partition wanted;
  wanted.partition = name.partition;
  wanted.current_leader_epoch = epoch.value();
  wanted.fetch_offset = from.value();
  wanted.partition_max_bytes = static_cast<std::int32_t>(std::min(max_bytes, limits::fetch_max_bytes));
  return wanted;
}

} // namespace

call_ptr append_call(const partition_ref& partition, append_request request, on_stale stale) {
  wire::produce_request message;
  message.acks = request.acks;
  message.timeout_ms = produce_timeout_ms;
  auto size = request.batch.size() + call_overhead_bytes;
  message.topic_data.push_back(
      {partition->topic, partition->id, {{partition->partition, std::move(request.batch)}}});
  auto is_answered = request.acks != 0;
  return make_call<wire::produce_response>(
      std::move(message), {size, 0, is_answered},
      [tag = request.tag, to = std::move(request.reply_to), stale = std::move(stale),
       is_answered](result<wire::produce_response> answer) {
        append_reply reply;
        reply.tag = tag;
        using topic = wire::produce_response::topic_produce_response;
        if (!answer) {
          refuse(reply, answer.error().code, stale);
        } else if (auto* from = only_partition(answer->responses, &topic::partition_responses)) {
          fill(reply, *from);
          refuse(reply, errc_of(from->error_code), stale);
        } else if (is_answered) {
          reply.code = errc::timed_out; // whatever that was, it does not say that nothing was written
        }
        caf::anon_send(to, std::move(reply));
      });
}

call_ptr list_offset_call(const partition_ref& partition, const list_offset_request& request,
                          on_stale stale) {
  wire::list_offsets_request message;
  message.topics.push_back(
      {partition->topic, {{partition->partition, request.current_epoch.value(), request.timestamp}}});
  return question_call<list_offset_reply, wire::list_offsets_response>(
      std::move(message), request, std::move(stale), [](list_offset_reply& reply, auto& from) {
        reply.found = offset{from.offset};
        reply.timestamp = timestamp_ms{from.timestamp};
        reply.epoch = leader_epoch{from.leader_epoch};
      });
}

call_ptr epoch_end_call(const partition_ref& partition, const epoch_end_request& request, on_stale stale) {
  wire::offset_for_leader_epoch_request message;
  message.replica_id = -1;
  message.topics.push_back(
      {partition->topic, {{partition->partition, request.current_epoch.value(), request.epoch.value()}}});
  return question_call<epoch_end_reply, wire::offset_for_leader_epoch_response>(
      std::move(message), request, std::move(stale), [](epoch_end_reply& reply, auto& from) {
        reply.epoch = leader_epoch{from.leader_epoch};
        reply.end_offset = offset{from.end_offset};
      });
}

fetch_reply to_fetch_reply(wire::fetch_response::partition_data& from) {
  fetch_reply reply;
  reply.code = errc_of(from.error_code);
  reply.high_watermark = offset{from.high_watermark};
  reply.log_start = offset{from.log_start_offset};
  if (reply.code != errc::none)
    reply.message = wire::name(wire::error_code{from.error_code});
  else if (from.records)
    for (auto& slice : from.records->slices) {
      reply.size_bytes += slice.size();
      if (!slice.empty())
        reply.batches.push_back(std::move(slice));
    }
  reply.from_disk = !reply.batches.empty(); // memory that nobody else holds
  return reply;
}

call_ptr fetch_call(const partition_ref& partition, const fetch_request& request,
                    std::function<void(fetch_reply)> done) {
  wire::fetch_request message;
  message.max_bytes = static_cast<std::int32_t>(limits::fetch_max_bytes);
  message.topics.push_back({partition->topic,
                            partition->id,
                            {wanted(*partition, request.from, request.current_epoch, request.max_bytes)}});
  return make_call<wire::fetch_response>(
      std::move(message), {call_overhead_bytes},
      [tag = request.tag, done = std::move(done)](result<wire::fetch_response> answer) {
        fetch_reply reply;
        using topic = wire::fetch_response::fetchable_topic_response;
        auto* from = answer ? only_partition(answer->responses, &topic::partitions) : nullptr;
        if (from)
          reply = to_fetch_reply(*from);
        else
          reply.code = !answer                   ? answer.error().code
                       : answer->error_code != 0 ? errc_of(answer->error_code)
                                                 : errc::timed_out;
        reply.tag = tag;
        done(std::move(reply));
      });
}

call_ptr await_call(std::span<const awaited_partition> partitions, std::int64_t wait_ms,
                    std::size_t max_bytes, std::size_t partition_max_bytes,
                    std::function<void(result<wire::fetch_response>)> done) {
  wire::fetch_request message;
  message.max_wait_ms = static_cast<std::int32_t>(wait_ms);
  message.min_bytes = 1;
  message.max_bytes = static_cast<std::int32_t>(max_bytes);
  for (auto& [name, from, epoch] : partitions) {
    if (message.topics.empty() || message.topics.back().topic_id != name->id)
      message.topics.push_back({name->topic, name->id, {}});
    message.topics.back().partitions.push_back(wanted(*name, from, epoch, partition_max_bytes));
  }
  return make_call<wire::fetch_response>(
      std::move(message), {call_overhead_bytes + 64 * partitions.size(), wait_ms}, std::move(done));
}

} // namespace troupe::remote
