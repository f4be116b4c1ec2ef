#include "actors/node/node_front.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void node_front_state::attach(const node_attached& message) {
  answer_all_busy(); // an earlier life will not
  partitions_ = message.node.partitions;
  controller_ = message.node.sessions.controller;
  producer_ids_ = message.node.sessions.producer_ids;
  publish(message.node.view);
  self_->send(partitions_, view_subscription{self_});
}

void node_front_state::detach() {
  partitions_ = nullptr;
  controller_ = nullptr;
  producer_ids_ = nullptr;
  answer_all_busy();
  auto without_routes = std::make_shared<broker_view>();
  without_routes->image = view_->image;
  publish(std::move(without_routes));
}

void node_front_state::answer_all_busy() {
  for (auto& [number, request] : std::exchange(asked_controller_, {}))
    self_->send(request.reply_to, controller_reply{request.tag, errc::busy, {}, {}});
  for (auto& [number, request] : std::exchange(asked_producer_ids_, {}))
    self_->send(request.reply_to, producer_id_reply{request.tag, errc::busy, no_producer_id});
}

void node_front_state::subscribe(const view_subscription& subscription) {
  self_->monitor(subscription.subscriber);
  subscribers_.push_back(subscription.subscriber);
  self_->send(subscription.subscriber, view_update{view_});
}

// An earlier life may still have something to say.
void node_front_state::on_view(const view_update& update) {
  if (partitions_ && self_->current_sender() == partitions_)
    publish(update.view);
}

void node_front_state::publish(view_ptr view) {
  view_ = std::move(view);
  for (auto& subscriber : subscribers_)
    self_->send(subscriber, view_update{view_});
}

void node_front_state::ask(const controller_request& request) {
  if (!controller_) {
    self_->send(request.reply_to, controller_reply{request.tag, errc::busy, {}, {}});
    return;
  }
  asked_controller_[++last_request_] = {request.tag, {}, request.reply_to};
  self_->send(controller_, controller_request{{last_request_, 0}, request.what, self_});
}

void node_front_state::ask(const producer_id_request& request) {
  if (!producer_ids_) {
    self_->send(request.reply_to, producer_id_reply{request.tag, errc::busy, no_producer_id});
    return;
  }
  asked_producer_ids_[++last_request_] = request;
  self_->send(producer_ids_, producer_id_request{{last_request_, 0}, self_});
}

void node_front_state::on_reply(controller_reply& reply) {
  auto asked = asked_controller_.find(reply.tag.request);
  if (asked == asked_controller_.end())
    return;
  reply.tag = asked->second.tag;
  self_->send(asked->second.reply_to, std::move(reply));
  asked_controller_.erase(asked);
}

void node_front_state::on_reply(const producer_id_reply& reply) {
  auto asked = asked_producer_ids_.find(reply.tag.request);
  if (asked == asked_producer_ids_.end())
    return;
  self_->send(asked->second.reply_to, producer_id_reply{asked->second.tag, reply.code, reply.id});
  asked_producer_ids_.erase(asked);
}

void node_front_state::on_down(const caf::down_msg& down) {
  std::erase_if(subscribers_, [&](auto& one) { return one.address() == down.source; });
}

node_front_actor::behavior_type node_front(node_front_actor::stateful_pointer<node_front_state> self) {
  auto* state = &self->state;
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  return {
      [state](const view_subscription& m) { state->subscribe(m); },
      [state](const controller_request& m) { state->ask(m); },
      [state](const producer_id_request& m) { state->ask(m); },
      [state](const view_update& m) { state->on_view(m); },
      [state](controller_reply& m) { state->on_reply(m); },
      [state](const producer_id_reply& m) { state->on_reply(m); },
      [state](const node_attached& m) { state->attach(m); },
      [state](node_detached) { state->detach(); },
  };
}

} // namespace troupe
