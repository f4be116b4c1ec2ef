#include "tests/replication/model_controller.hpp"

#include <algorithm>

namespace troupe::replication {

model_controller::model_controller(std::vector<node_id> replicas, std::int32_t minimum)
    : replicas_(std::move(replicas)), minimum_(std::min(minimum, static_cast<std::int32_t>(replicas_.size()))) {
  model_state first;
  first.in_sync.isr = replicas_;
  first.leader = replicas_.front();
  for (auto node : replicas_)
    first.brokers[node] = {++last_epoch_, false};
  history_.push_back(first);
}

broker_epoch model_controller::register_broker(node_id node, bool storage_kept) {
  auto next = now();
  next.brokers[node] = {++last_epoch_, true};
  std::erase(next.in_sync.isr, node);
  commit(std::move(next), storage_kept ? std::nullopt : std::optional{node}, now().leader == node);
  return last_epoch_;
}

void model_controller::fence(node_id node) {
  auto next = now();
  next.brokers[node].fenced = true;
  std::erase(next.in_sync.isr, node);
  commit(std::move(next), std::nullopt, false);
}

void model_controller::unfence(node_id node) {
  auto next = now();
  next.brokers[node].fenced = false;
  commit(std::move(next), std::nullopt, false);
}

std::optional<partition_state> model_controller::alter(const alter_question& question) {
  auto next = now();
  if (question.leader != next.leader || question.epoch != next.epoch
      || question.wanted.base != next.in_sync.epoch)
    return std::nullopt;
  next.in_sync.isr.clear();
  for (auto& member : question.wanted.isr) {
    auto& broker = next.brokers[member.node];
    if (broker.fenced || broker.epoch != member.epoch)
      return std::nullopt;
    next.in_sync.isr.push_back(member.node);
  }
  if (!has(next.in_sync.isr, next.leader))
    return std::nullopt;
  ++next.in_sync.epoch; // even if nothing changes: what was asked before has no effect any more
  commit(std::move(next), std::nullopt, false);
  return now().in_sync;
}

bool model_controller::holds_everything(node_id node, std::optional<node_id> lost) const {
  return node != lost && (has(now().in_sync.isr, node) || has(now().in_sync.elr, node));
}

void model_controller::choose_leader(model_state& next, std::optional<node_id> lost) const {
  auto ready = [&](node_id node) { return !next.brokers.at(node).fenced; };
  auto& isr = next.in_sync.isr;
  if (has(isr, next.leader) && ready(next.leader))
    return;
  for (auto node : replicas_)
    if (has(isr, node) && ready(node)) {
      next.leader = node;
      return;
    }
  for (auto node : replicas_)
    if (holds_everything(node, lost) && ready(node)) {
      next.leader = node;
      isr = {node};
      return;
    }
  next.leader = node_id{-1};
}

void model_controller::commit(model_state next, std::optional<node_id> lost, bool new_epoch) {
  choose_leader(next, lost);
  auto& before = now();
  auto& after = next.in_sync;
  if (after.isr.empty())
    for (auto node : before.in_sync.isr)
      if (holds_everything(node, lost))
        after.isr.push_back(node);
  std::vector<node_id> elr;
  if (static_cast<std::int32_t>(after.isr.size()) < minimum_)
    for (auto* from : {&before.in_sync.elr, &before.in_sync.isr})
      for (auto node : *from)
        if (!has(after.isr, node) && !has(elr, node) && holds_everything(node, lost))
          elr.push_back(node);
  after.elr = std::move(elr);
  auto moved = next.leader != before.leader || new_epoch;
  if (moved)
    ++next.epoch;
  if (after.epoch == before.in_sync.epoch
      && (moved || after.isr != before.in_sync.isr || after.elr != before.in_sync.elr))
    ++after.epoch;
  history_.push_back(std::move(next));
}

} // namespace troupe::replication
