// The leader's side of replication: followers' fetches come in, records and news go out through the peer gate, and the
// controller is asked who is in sync.
#include "actors/partition/partition.hpp"
#include "actors/partition/replica_read.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

replication::epoch_end end_of(const storage::partition_log& log, leader_epoch epoch) {
  auto found = log.end_in_history(epoch);
  return {found.epoch, found.end};
}

} // namespace

void partition_state::on_fetch(const replica_asked& message) {
  auto& fetch = message.fetch;
  if (!leader_) {
    replication::replica_records refusal;
    refusal.partition = log_->name();
    refusal.epoch = fetch.epoch;
    refusal.round = fetch.round;
    refusal.code = replication::replica_code::not_leader;
    self_->send(environment_.gate,
                peer_send{fetch.follower, peer_service::replication, replication::encode(refusal), {}});
    return;
  }
  touch();
  if (throttles(options_.leader_throttled_replicas))
    leader_->hold(fetch.follower, ms_up(environment_.quotas->leader.free_at_ns()));
  auto effects = leader_->fetched(fetch, end_of(*log_, fetch.last_epoch), now_ms());
  show();
  carry_out(effects);
  answer_deletions();
  flush_if_due(false);
  arm(leader_->next_tick_ms());
}

// What is in memory goes out uncopied; what is not comes from the reader, by way of an actor that sends it on.
void partition_state::answer_replica(const replication::follower_answer& answer) {
  replication::replica_records message;
  message.partition = log_->name();
  message.epoch = role_.state.leader_epoch;
  message.round = answer.round;
  message.code = answer.code;
  message.high_watermark = leader_->high_watermark();
  message.log_start = log_->log_start();
  message.diverging = answer.diverging;
  std::vector<bytes> records;
  auto pays = leader_->may_hold(answer.to) && throttles(options_.leader_throttled_replicas);
  if (answer.until > answer.from) {
    auto plan = log_->read(answer.from, answer.until, replication::records_max_bytes, true);
    if (!plan) {
      spdlog::error("partition {}: a follower is told of a failure: {}", log_->name().to_string(),
                    plan.error().message());
      message.code = replication::replica_code::failed;
    } else if (plan->segment) {
      self_->spawn(replica_read, environment_, std::move(*plan->segment), answer.to, message, pays, self_);
      return;
    } else {
      records = std::move(plan->batches);
      message.batches = static_cast<std::uint32_t>(records.size());
      message.size_bytes = static_cast<std::uint32_t>(plan->size_bytes);
      if (pays)
        environment_.quotas->leader.pay(plan->size_bytes, environment_.clock->monotonic_ns());
    }
  }
  self_->send(environment_.gate, peer_send{answer.to, peer_service::replication, replication::encode(message),
                                           std::move(records)});
}

bool partition_state::throttles(const std::string& replicas) const {
  return !replicas.empty() && metadata::lists_replica(replicas, log_->name().partition, environment_.self);
}

/// Options changed: nobody is held back longer than by what holds now.
void partition_state::throttle_anew() {
  auto until_ms = [&](const std::string& replicas, const replication_quota& quota) {
    return throttles(replicas) ? ms_up(quota.free_at_ns()) : now_ms();
  };
  if (leader_)
    carry_out(leader_->release(until_ms(options_.leader_throttled_replicas, environment_.quotas->leader),
                               now_ms()));
  if (follower_)
    carry_out(follower_->release(
        until_ms(options_.follower_throttled_replicas, environment_.quotas->follower), now_ms()));
}

/// Who waits for an answer of this leadership from before, or has been refused because it had not begun, asks anew.
void partition_state::call_followers() {
  if (!environment_.gate)
    return;
  for (auto node : role_.state.replicas)
    if (node != environment_.self)
      answer_replica({node, 0, replication::replica_code::ask_again, {}, {}, {}});
}

void partition_state::propose() {
  if (auto manager = caf::actor_cast<isr_proposal_sink>(manager_))
    self_->send(manager, isr_proposed{log_->name(), role_.state.leader_epoch, leader_->proposal()});
}

void partition_state::on_proposal(const isr_answered& message) {
  if (!leader_ || message.epoch != role_.state.leader_epoch)
    return;
  carry_out(message.accepted ? leader_->proposal_accepted(message.attempt, message.state, message.min_insync_replicas,
                                                          now_ms())
                             : leader_->proposal_failed(message.attempt, now_ms()));
  arm(leader_->next_tick_ms());
}

} // namespace troupe
