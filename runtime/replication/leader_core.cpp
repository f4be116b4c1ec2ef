#include "runtime/replication/leader_core.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>
#include <utility>

namespace troupe::replication {

leader_core::leader_core(leader_start start)
    : self_(start.self), epoch_(start.epoch), self_epoch_(start.self_epoch),
      min_insync_replicas_(start.min_insync_replicas), log_start_(start.log_start), epoch_start_(start.log_end),
      log_end_(start.log_end), durable_end_(start.durable_end.value_or(start.log_end)),
      high_watermark_(std::min(start.high_watermark, start.log_end)), now_ms_(start.now_ms), lag_max_ms_(start.lag_max_ms),
      proposal_patience_ms_(start.proposal_patience_ms), partition_epoch_(start.partition_epoch),
      first_attempt_(start.first_attempt) {
  proposal_.attempt = first_attempt_;
  CHECK(durable_end_ <= log_end_, "only what is in the log can be durable");
  add_replicas(start.replicas, start.now_ms);
  find(self_)->durable_end = durable_end_;
  for (auto& r : replicas_) // what was proposed before could have been to add anybody
    r.proposed = start.resumes && r.node != self_;
  adopt({start.partition_epoch, std::move(start.isr), std::move(start.elr)}, start.now_ms);
  resumes_ = proposal_forgotten_ = start.resumes && has_followers();
  advance(); // a lone replica has everything committed
  judge_minimum();
  begin();
}

void leader_core::begin() {
  effects_.clear();
  answers_.clear();
}

leader_core::replica* leader_core::find(node_id node) {
  auto found = std::find_if(replicas_.begin(), replicas_.end(), [node](auto& r) { return r.node == node; });
  return found == replicas_.end() ? nullptr : &*found;
}

bool leader_core::below_minimum() const {
  return in_sync_count_ < std::min(min_insync_replicas_, static_cast<std::int32_t>(replicas_.size()));
}

errc leader_core::admit(required_acks acks) const {
  return acks == required_acks::all && below_minimum() ? errc::not_enough_replicas : errc::none;
}

void leader_core::park(offset end, required_acks acks, token who) {
  if (acks == required_acks::none)
    return;
  auto& queue = acks == required_acks::all ? wait_all_ : wait_leader_;
  queue.push({queue.empty() ? end : std::max(end, queue.back().end), who});
}

void leader_core::appended(offset end, required_acks acks, token who) {
  CHECK(end > log_end_, "appends only ever lengthen the log");
  log_end_ = end;
  park(end, acks, who);
}

effects leader_core::repeated(offset end, required_acks acks, token who) {
  CHECK(end <= log_end_);
  begin();
  park(end, acks, who);
  answer_parked();
  return effects_;
}

effects leader_core::durable(offset end) {
  CHECK(end <= log_end_, "only what was appended can be durable");
  begin();
  if (end <= durable_end_)
    return effects_;
  durable_end_ = end;
  find(self_)->durable_end = end;
  advance();
  answer_followers();
  return effects_;
}

waiter leader_core::wait_for(offset at, token who) {
  CHECK(at >= high_watermark_, "there is something to read already");
  return fetches_.push(at, who);
}

void leader_core::stop_waiting(waiter fetch) { fetches_.erase(fetch); }

effects leader_core::log_start_moved(offset log_start) {
  begin();
  log_start_ = std::max(log_start_, log_start);
  wake_all();
  answer_followers();
  return effects_;
}

offset leader_core::log_start_for_good() const {
  auto least = log_start_;
  for (auto& r : replicas_)
    if (r.node != self_ && r.counts())
      least = std::min(least, r.known_log_start);
  return least;
}

void leader_core::wake_all() {
  while (!fetches_.empty())
    effects_.push_back({effect::kind::fetch_ready, errc::none, fetches_.pop(), {}});
}

effects leader_core::resign(errc why) {
  begin();
  for (auto* queue : {&wait_leader_, &wait_all_})
    for (; !queue->empty(); queue->pop())
      effects_.push_back({effect::kind::produce_done, why, queue->front().who, {}});
  wake_all();
  for (auto& r : replicas_)
    if (std::exchange(r.parked, false))
      reply({r.node, r.round, replica_code::not_leader, {}, {}, {}});
  parked_followers_ = 0;
  return effects_;
}

void leader_core::advance() {
  auto reached = log_end_;
  for (auto& r : replicas_)
    if (r.counts())
      reached = std::min(reached, r.durable_end);
  auto moved = reached > high_watermark_ && !below_minimum();
  if (moved) {
    high_watermark_ = reached;
    effects_.push_back({effect::kind::high_watermark, errc::none, 0, reached});
  }
  answer_parked();
  while (moved && !fetches_.empty() && fetches_.lowest() < high_watermark_)
    effects_.push_back({effect::kind::fetch_ready, errc::none, fetches_.pop(), {}});
}

void leader_core::answer_parked() {
  for (;;) {
    auto leader = !wait_leader_.empty() && wait_leader_.front().end <= durable_end_;
    auto all = !wait_all_.empty() && wait_all_.front().end <= high_watermark_;
    if (!leader && !all)
      return;
    auto& queue =
        !all || (leader && wait_leader_.front().end <= wait_all_.front().end) ? wait_leader_ : wait_all_;
    effects_.push_back({effect::kind::produce_done, errc::none, queue.front().who, queue.front().end});
    queue.pop();
  }
}

} // namespace troupe::replication
