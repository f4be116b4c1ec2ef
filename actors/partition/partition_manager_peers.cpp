// The partition manager's part in replication: it tells partitions their roles, takes what other nodes send to the one that it
// is for, and carries leaders' proposals to the controller.
#include "actors/partition/partition_manager.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

bool holds_any(const metadata::partition& partition, const std::vector<node_id>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(), [&](node_id node) {
    return std::find(partition.replicas.begin(), partition.replicas.end(), node) != partition.replicas.end();
  });
}

} // namespace

partition_role partition_manager_state::role_of(const metadata::partition& state) const {
  partition_role role{state, {}, replication::no_broker_epoch};
  auto self = settings_.environment.self;
  if (!holds_any(state, {self}))
    role.state.leader = metadata::no_leader;
  for (auto node : state.replicas) {
    auto* known = next_.image->find_broker(node);
    if (!known)
      continue;
    replication::broker_epoch epoch{known->epoch.value()};
    if (node == self)
      role.self_epoch = epoch;
    if (state.replicas.size() > 1)
      role.brokers.push_back({node, epoch, known->fenced || known->shutting_down});
  }
  return role;
}

/// Brokers came, went, or began another life.
void partition_manager_state::tell_roles(const std::vector<node_id>& brokers) {
  for (auto& [name, child] : children_) {
    auto* state = child ? next_.image->find_partition(name) : nullptr;
    if (state && state->replicas.size() > 1 && holds_any(*state, brokers))
      self_->send(child, role_of(*state));
  }
}

void partition_manager_state::on_peer(const peer_received& message) {
  auto decoded = replication::decode(message.head.view(), message.body.size());
  if (!decoded) {
    spdlog::warn("partition_manager: node {} sent what cannot be read: {}", message.from.value(),
                 decoded.error().message());
    return;
  }
  auto name = std::visit([](auto& what) { return what.partition; }, *decoded);
  auto child = children_.find(name);
  auto is_here = child != children_.end() && child->second;
  if (auto* fetch = std::get_if<replication::replica_fetch>(&*decoded)) {
    if (fetch->follower != message.from)
      return; // nobody asks for another one
    if (is_here)
      self_->send(child->second, replica_asked{*fetch});
    else
      refuse(message.from, *fetch);
  } else if (!is_here) {
    return; // who asked for a repair asks another one in time
  } else if (auto* records = std::get_if<replication::replica_records>(&*decoded)) {
    self_->send(child->second, replica_answered{*records, message.body});
  } else if (auto* lost = std::get_if<replication::repair_fetch>(&*decoded)) {
    self_->send(child->second, repair_asked{message.from, *lost});
  } else {
    self_->send(child->second,
                repair_answered{message.from, std::get<replication::repair_records>(*decoded), message.body});
  }
}

/// Perhaps the metadata have not come as far here; then the partition calls its followers when it begins.
void partition_manager_state::refuse(node_id to, const replication::replica_fetch& fetch) {
  replication::replica_records answer;
  answer.partition = fetch.partition;
  answer.epoch = fetch.epoch;
  answer.round = fetch.round;
  answer.code = replication::replica_code::unknown_partition;
  self_->send(settings_.environment.gate,
              peer_send{to, peer_service::replication, replication::encode(answer), {}});
}

void partition_manager_state::on_peer_status(const peer_status& status) {
  auto was_connected = status.connected ? !connected_.insert(status.node).second : connected_.erase(status.node) > 0;
  auto& lost = settings_.environment.lost;
  if (lost && status.connected)
    lost->found(status.node);
  else if (lost && was_connected)
    lost->lost(status.node, settings_.environment.clock->monotonic_ns());
  // Also those that have no other replicas, or are none now: they may be given some, or be one again.
  for (auto& [name, child] : children_)
    if (child)
      self_->send(child, replica_connection{status.node, status.connected});
}

void partition_manager_state::on_proposal(const isr_proposed& message) {
  if (proposals_.add(message)) // what else has gathered in the mailbox goes along
    self_->send(self_, proposals_due{});
}

void partition_manager_state::ask_controller() {
  auto* self = next_.image->find_broker(settings_.environment.self);
  auto question = proposals_.next(settings_.environment.self, self ? self->epoch : metadata::broker_epoch{-1});
  if (question && settings_.controller)
    self_->send(settings_.controller, controller_request{{question->first, 0}, std::move(question->second), self_});
}

void partition_manager_state::on_answer(const controller_reply& reply) {
  for (auto& [name, answer] : proposals_.answered(reply))
    if (auto child = children_.find(name); child != children_.end() && child->second)
      self_->send(child->second, std::move(answer));
}

} // namespace troupe
