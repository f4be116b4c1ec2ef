// What administrators ask: deleting records, sizes, producers.
#include "actors/partition/partition.hpp"

namespace troupe {

namespace {

/// Of those that wait for a replica that does not come back only so many are kept.
constexpr std::size_t deletions_max = 256;

} // namespace

void partition_state::delete_records(const delete_records_request& request) {
  auto end = high_watermark();
  auto before = request.before == no_offset ? end : request.before;
  delete_records_reply reply;
  reply.tag = request.tag;
  if (!leader_)
    reply.code = errc::not_leader;
  else if (!options_.cleanup_delete)
    reply.code = errc::policy_violation;
  else if (auto possible = log_->delete_records_before(before, end); !possible)
    reply.code = possible.error().code;
  else if (deletions_.size() >= deletions_max)
    reply.code = errc::busy;
  else {
    deletions_.push_back({before, request.tag, request.reply_to});
    send_order(log_->next_deletion(end));
    answer_deletions();
    return;
  }
  self_->send(request.reply_to, reply);
}

// It is durable by now.
void partition_state::log_start_moved() {
  if (leader_)
    carry_out(leader_->log_start_moved(log_->log_start()));
  if (follower_)
    carry_out(follower_->log_start_durable(log_->log_start(), now_ms()));
  answer_deletions();
}

// Nobody is to find the records again, whoever leads then.
void partition_state::answer_deletions() {
  if (deletions_.empty() || !leader_)
    return;
  std::erase_if(deletions_, [this, gone = leader_->log_start_for_good()](const deletion& one) {
    if (one.before > gone)
      return false;
    self_->send(one.reply_to, delete_records_reply{one.tag, errc::none, gone});
    return true;
  });
}

void partition_state::give_up_deletions(errc why) {
  log_->forget_deletions();
  for (auto& one : std::exchange(deletions_, {}))
    self_->send(one.reply_to, delete_records_reply{one.tag, why, no_offset});
}

void partition_state::tell_size(const partition_size_request& request) {
  self_->send(request.reply_to, partition_size_reply{request.tag, log_->size_bytes()});
}

void partition_state::tell_producers(const active_producers_request& request) {
  active_producers_reply reply;
  reply.tag = request.tag;
  for (auto& [id, producer] : log_->producers().producers()) {
    auto& known = reply.producers.emplace_back(active_producer{id, producer.epoch});
    if (producer.batches.empty())
      continue;
    known.last_sequence = producer.batches.back().last_sequence;
    known.last_timestamp = producer.batches.back().timestamp;
  }
  self_->send(request.reply_to, std::move(reply));
}

} // namespace troupe
