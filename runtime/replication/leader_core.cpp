#include "runtime/replication/leader_core.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

namespace troupe::replication {

leader_core::leader_core(leader_start start)
    : self_(start.self), epoch_(start.epoch), min_insync_replicas_(start.min_insync_replicas),
      log_end_(start.log_end), durable_end_(start.log_end),
      high_watermark_(std::min(start.high_watermark, start.log_end)) {
  for (auto node : start.replicas)
    replicas_.push_back({node, node == self_ ? durable_end_ : no_offset, false});
  set_in_sync(start.isr);
  advance(); // a lone replica has everything committed
  effects_.clear();
}

leader_core::replica* leader_core::find(node_id node) {
  auto found = std::find_if(replicas_.begin(), replicas_.end(), [node](auto& r) { return r.node == node; });
  return found == replicas_.end() ? nullptr : &*found;
}

void leader_core::set_in_sync(const std::vector<node_id>& isr) {
  in_sync_count_ = 0;
  for (auto& r : replicas_) {
    r.in_sync = std::find(isr.begin(), isr.end(), r.node) != isr.end();
    in_sync_count_ += r.in_sync ? 1 : 0;
  }
  auto* self = find(self_);
  CHECK(self && self->in_sync, "a leader is a replica, and in sync with itself");
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
  effects_.clear();
  park(end, acks, who);
  answer_parked();
  return effects_;
}

effects leader_core::durable(offset end) {
  CHECK(end <= log_end_, "only what was appended can be durable");
  effects_.clear();
  if (end <= durable_end_)
    return effects_;
  durable_end_ = end;
  find(self_)->durable_end = end;
  advance();
  return effects_;
}

effects leader_core::follower_durable(node_id follower, offset end) {
  effects_.clear();
  auto* r = find(follower);
  // A follower that claims more than this log has is of another history: it counts for nothing until it has
  // truncated.
  if (!r || follower == self_ || end > log_end_ || end <= r->durable_end)
    return effects_;
  r->durable_end = end;
  if (r->in_sync)
    advance();
  return effects_;
}

effects leader_core::change_in_sync_set(const std::vector<node_id>& isr, std::int32_t min_insync_replicas) {
  effects_.clear();
  min_insync_replicas_ = min_insync_replicas;
  set_in_sync(isr);
  advance();
  if (below_minimum())
    while (!wait_all_.empty()) {
      effects_.push_back({effect::kind::produce_done, errc::not_enough_replicas, wait_all_.front().who, {}});
      wait_all_.pop();
    }
  return effects_;
}

waiter leader_core::wait_for(offset at, token who) {
  CHECK(at >= high_watermark_, "there is something to read already");
  return fetches_.push(at, who);
}

void leader_core::stop_waiting(waiter fetch) { fetches_.erase(fetch); }

effects leader_core::log_start_moved() {
  effects_.clear();
  wake_all();
  return effects_;
}

void leader_core::wake_all() {
  while (!fetches_.empty())
    effects_.push_back({effect::kind::fetch_ready, errc::none, fetches_.pop(), {}});
}

effects leader_core::resign(errc why) {
  effects_.clear();
  for (auto* queue : {&wait_leader_, &wait_all_})
    for (; !queue->empty(); queue->pop())
      effects_.push_back({effect::kind::produce_done, why, queue->front().who, {}});
  wake_all();
  return effects_;
}

void leader_core::advance() {
  auto reached = durable_end_;
  for (auto& r : replicas_)
    if (r.in_sync)
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
