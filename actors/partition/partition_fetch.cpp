// Reading: from memory at once, from segments by the reader, which answers the client itself.
#include "actors/partition/max_timestamp_search.hpp"
#include "actors/partition/partition.hpp"

#include "runtime/base/check.hpp"
#include "runtime/record/inspect.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe {

void partition_state::fetch(const fetch_request& request) {
  touch();
  fetch_reply reply;
  reply.tag = request.tag;
  reply.code = check_reader(request);
  reply.high_watermark = high_watermark();
  reply.log_start = log_->log_start();
  if (reply.code != errc::none) {
    self_->send(request.reply_to, std::move(reply));
    return;
  }
  counters_->fetches.add_alone();
  auto plan = log_->read(request.from, high_watermark(), request.max_bytes, request.at_least_one);
  if (!plan) {
    reply.code = plan.error().code;
    self_->send(request.reply_to, std::move(reply));
    return;
  }
  if (plan->segment) {
    self_->send(environment_.reader,
                read_order{std::move(*plan->segment), std::move(reply), request.reply_to, counters_, self_});
    return;
  }
  reply.batches = std::move(plan->batches);
  reply.size_bytes = plan->size_bytes;
  counters_->fetched_bytes.add(reply.size_bytes);
  auto more_wanted = reply.size_bytes < request.wake_below_bytes;
  self_->send(request.reply_to, std::move(reply));
  if (more_wanted)
    wait_for_more(request);
}

// A follower has what lies below the high watermark as it knows it, which is committed; it may be behind the leader's.
errc partition_state::check_reader(const fetch_request& request) const {
  if (leader_ || !request.any_replica)
    return check_epoch(request.current_epoch);
  if (!follower_ || cutting_)
    return errc::not_leader;
  auto& asked = request.current_epoch;
  auto own = role_.state.leader_epoch;
  if (asked == no_leader_epoch || asked == own)
    return errc::none;
  return asked < own ? errc::fenced_leader_epoch : errc::unknown_leader_epoch;
}

// A client has one fetch under way: a newer one takes the place of an older one that was never woken.
void partition_state::wait_for_more(const fetch_request& request) {
  replication::token who = request.reply_to->id();
  auto [client, is_new] = waiting_.try_emplace(who);
  if (is_new)
    self_->monitor(request.reply_to);
  else if (client->second.reply_to && leader_)
    leader_->stop_waiting(client->second.place);
  client->second = {request.reply_to.address(), request.reply_to, request.tag,
                    leader_ ? leader_->wait_for(high_watermark(), who) : replication::waiter{}};
}

/// Of a follower, which has no more than a few: all are told.
void partition_state::wake_readers() {
  for (auto& [id, client] : waiting_)
    if (client.reply_to)
      self_->send(std::exchange(client.reply_to, nullptr), fetch_wakeup{client.tag});
}

void partition_state::list_offset(const list_offset_request& request) {
  list_offset_reply reply;
  reply.tag = request.tag;
  reply.code = check_epoch(request.current_epoch);
  if (reply.code != errc::none) {
    answer(request.reply_to, std::move(reply));
    return;
  }
  reply.epoch = leader_->epoch();
  switch (request.timestamp) {
  case list_offset::latest:
    // An earlier leader may have said more (KIP-207).
    reply.code = leader_->settled() ? errc::none : errc::offset_not_available;
    if (leader_->settled())
      reply.found = high_watermark();
    break;
  case list_offset::earliest:
  case list_offset::earliest_local: // nothing is kept anywhere else
    reply.found = log_->log_start();
    if (reply.found < log_->log_end())
      reply.epoch = log_->epoch_at(reply.found);
    break;
  case list_offset::latest_tiered:
  case list_offset::earliest_pending_upload:
    reply.epoch = no_leader_epoch;
    break;
  case list_offset::max_timestamp:
    find_max_timestamp(request);
    return;
  default:
    find_time(request.tag, timestamp_ms{request.timestamp}, log_->log_start(), request.reply_to);
    return;
  }
  answer(request.reply_to, std::move(reply));
}

void partition_state::find_time(request_tag tag, timestamp_ms timestamp, offset from,
                                const partition_client& reply_to) {
  from = std::max(from, log_->log_start());
  auto plan = log_->find_by_time(timestamp, from, high_watermark());
  if (plan.segment) {
    self_->send(environment_.reader, search_order{std::move(*plan.segment), tag, reply_to, self_});
    return;
  }
  list_offset_reply reply;
  reply.tag = tag;
  if (plan.batch) {
    auto batch = record::batch_view::parse(plan.batch->view());
    CHECK(batch.has_value(), "a batch in the log can be read");
    record::decompression_budget budget;
    auto found = record::find_by_time(*batch, timestamp, from, budget);
    if (!found) {
      reply.code = found.error().code;
    } else if (*found) {
      reply.found = (*found)->offset;
      reply.timestamp = (*found)->timestamp;
      reply.epoch = batch->partition_leader_epoch();
    } else { // it is young enough only because of records below `from`
      find_time(tag, timestamp, batch->next_offset(), reply_to);
      return;
    }
  }
  answer(reply_to, std::move(reply));
}

// After a deletion, the largest timestamp of a segment or batch may be one that is not there any more.
void partition_state::find_max_timestamp(const list_offset_request& request) {
  auto plan = log_->max_timestamp();
  auto known = plan.known.value_or(storage::timestamp_position{});
  if (plan.cut_batch) {
    auto batch = record::batch_view::parse(plan.cut_batch->view());
    CHECK(batch.has_value(), "a batch in the log can be read");
    record::decompression_budget budget;
    auto found = record::find_max_timestamp(*batch, budget, log_->log_start());
    if (found && *found && (*found)->timestamp > no_timestamp && (*found)->timestamp >= known.timestamp)
      known = {(*found)->timestamp, batch->base_offset()};
  }
  if (plan.cut_segment)
    self_->spawn(max_timestamp_search, environment_.reader, std::move(*plan.cut_segment),
                 max_timestamp_known{request.tag, known, request.reply_to}, self_);
  else
    find_max_timestamp(max_timestamp_known{request.tag, known, request.reply_to});
}

void partition_state::find_max_timestamp(const max_timestamp_known& message) {
  list_offset_reply reply;
  reply.tag = message.tag;
  if (message.known.batch == no_offset) {
    answer(message.reply_to, std::move(reply));
    return;
  }
  auto from = std::max(message.known.batch, log_->log_start());
  auto plan = log_->read(from, log_->durable_end(), 0, true);
  if (plan && plan->segment) {
    self_->send(environment_.reader, stamp_order{std::move(*plan->segment), message.tag, message.reply_to});
    return;
  }
  if (plan && !plan->batches.empty()) {
    auto batch = record::batch_view::parse(plan->batches.front().view());
    CHECK(batch.has_value(), "a batch in the log can be read");
    record::decompression_budget budget;
    if (auto found = record::find_max_timestamp(*batch, budget, from); found && *found) {
      reply.found = (*found)->offset;
      reply.timestamp = (*found)->timestamp;
      reply.epoch = batch->partition_leader_epoch();
    }
  }
  answer(message.reply_to, std::move(reply));
}

void partition_state::search_missed_on(const search_missed& message) {
  find_time(message.tag, message.timestamp, message.next, message.reply_to);
}

void partition_state::answer(const partition_client& to, list_offset_reply reply) {
  self_->send(to, std::move(reply));
}

void partition_state::epoch_end(const epoch_end_request& request) {
  epoch_end_reply reply;
  reply.tag = request.tag;
  reply.code = check_epoch(request.current_epoch);
  if (reply.code == errc::none) {
    auto end = log_->end_offset_for(request.epoch);
    reply.epoch = end.epoch;
    reply.end_offset = end.end;
  }
  self_->send(request.reply_to, std::move(reply));
}

} // namespace troupe
