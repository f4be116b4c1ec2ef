#include "actors/peer/peer_gate.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe::peer {

namespace {

/// Links with nodes that nobody has asked for, only dialed in: more ids than this are no cluster.
constexpr std::size_t links_max = 1'000;

} // namespace

void peer_gate_state::start(std::shared_ptr<const link_environment> environment) {
  environment_ = std::move(environment);
  environment_->entrance->run([me = self_->address()](door_event event) {
    if (auto gate = caf::actor_cast<gate_internal_actor>(me))
      caf::anon_send(gate, std::move(event));
  });
}

// Its thread ends before anything that it talks to; whoever comes after the gate can listen at the same address.
peer_gate_state::~peer_gate_state() {
  if (environment_)
    environment_->entrance->close();
}

peer_link_actor& peer_gate_state::link_with(node_id node) {
  auto& link = links_[node];
  if (!link) {
    link = self_->spawn(peer_link, node, environment_, subscribers_, self_->address());
    self_->link_to(link);
  }
  return link;
}

template <class Message>
void peer_gate_state::tell_links(const Message& message) {
  for (auto& [node, link] : links_)
    self_->send(link, message);
}

void peer_gate_state::send(peer_send& message) {
  auto found = links_.find(message.to);
  if (found != links_.end())
    self_->send(found->second, std::move(message));
  else
    environment_->metrics->of(message.to)->dropped_messages.add();
}

void peer_gate_state::subscribe(const peer_subscription& subscription) {
  subscribers_[static_cast<std::size_t>(subscription.service)] = subscription.subscriber;
  tell_links(subscription);
}

void peer_gate_state::want(const peers_wanted& wanted) {
  if (stopping_)
    return;
  std::map<node_id, link_target> targets;
  for (auto& [node, link] : links_)
    targets[node];
  for (auto& one : wanted.peers)
    if (one.node != environment_->self.node)
      targets[one.node].where.push_back(one);
  for (auto& [node, target] : targets)
    self_->send(link_with(node), target);
  if (!wanted.seeds.empty() && !seeds_) {
    seeds_ = self_->spawn(seed_dialer, environment_);
    self_->link_to(seeds_);
  }
  if (seeds_)
    self_->send(seeds_, seeds_wanted{wanted.seeds});
}

void peer_gate_state::on_cluster(const cluster_known& known) {
  environment_->entrance->set_cluster_id(known.cluster_id);
  tell_links(known);
}

void peer_gate_state::on_door(door_event& event) {
  if (event.by_seed && seeds_ && (event.node == any_node || event.what == door_event::kind::welcomed))
    self_->send(seeds_, seed_outcome{event.attempt, event.node, event.why, event.turned_away});
  if (event.node == any_node)
    return;
  auto known = links_.find(event.node);
  auto is_new = event.what == door_event::kind::greeted || (event.by_seed && event.what == door_event::kind::welcomed);
  if (known == links_.end() && (!is_new || stopping_ || links_.size() >= links_max)) {
    if (event.what == door_event::kind::greeted)
      environment_->entrance->answer(event.attempt, verdict_code::refused, "it knows too many nodes already");
    return;
  }
  self_->send(link_with(event.node), std::move(event));
}

void peer_gate_state::on_exit(const caf::exit_msg& message) {
  auto is_it = [&](auto& one) { return one.second == message.source; };
  if (seeds_ && message.source == seeds_) {
    self_->quit(message.reason);
    return;
  }
  if (auto link = std::find_if(links_.begin(), links_.end(), is_it); link != links_.end()) {
    if (!stopping_) {
      spdlog::error("peer_gate: the link with node {} has failed: all links begin anew", link->first.value());
      self_->quit(message.reason);
      return;
    }
    links_.erase(link);
  } else if (!std::exchange(stopping_, true)) {
    environment_->entrance->close();
    tell_links(link_stop{});
    self_->delayed_send(self_, std::chrono::milliseconds{2 * environment_->timeouts.stop_ms}, gate_overdue{});
  }
  if (stopping_ && links_.empty())
    self_->quit(caf::exit_reason::user_shutdown);
}

void peer_gate_state::on_overdue() { self_->quit(caf::exit_reason::user_shutdown); }

gate_internal_actor::behavior_type peer_gate(gate_internal_actor::stateful_pointer<peer_gate_state> self,
                                             std::shared_ptr<const link_environment> environment) {
  auto* state = &self->state;
  self->set_exit_handler([state](caf::exit_msg& message) { state->on_exit(message); });
  state->start(std::move(environment));
  return {
      [state](peer_send& m) { state->send(m); },
      [state](const peer_subscription& m) { state->subscribe(m); },
      [state](const peers_wanted& m) { state->want(m); },
      [state](const cluster_known& m) { state->on_cluster(m); },
      [state](door_event& m) { state->on_door(m); },
      [state](gate_overdue) { state->on_overdue(); },
  };
}

} // namespace troupe::peer
