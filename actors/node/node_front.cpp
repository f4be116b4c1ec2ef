#include "actors/node/node_front.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

/// Where other brokers serve Kafka clients.
std::map<std::int32_t, remote::server_address> other_brokers(const metadata::metadata_image& image, node_id here) {
  std::map<std::int32_t, remote::server_address> found;
  image.for_each_broker([&](const metadata::broker& broker) {
    auto served = std::find_if(broker.endpoints.begin(), broker.endpoints.end(),
                               [](auto& one) { return one.listener != metadata::peer_listener; });
    if (broker.node != here && served != broker.endpoints.end())
      found[broker.node.value()] = {served->host, served->port};
  });
  return found;
}

} // namespace

void node_front_state::attach(const node_attached& message) {
  answer_all_busy(); // an earlier life will not
  partitions_ = message.node.partitions;
  controller_ = message.node.sessions.controller;
  producer_ids_ = message.node.sessions.producer_ids;
  here_ = message.node.sessions.options->self;
  if (settings_.open)
    others_.emplace(self_, settings_.options, settings_.open);
  publish(message.node.view);
  self_->send(partitions_, view_subscription{self_});
}

void node_front_state::detach() {
  partitions_ = nullptr;
  controller_ = nullptr;
  producer_ids_ = nullptr;
  answer_all_busy();
  forget_others();
  auto without_routes = std::make_shared<broker_view>();
  without_routes->image = local_->image;
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
  local_ = std::move(view);
  view_ = completed(local_);
  for (auto& subscriber : subscribers_)
    self_->send(subscriber, view_update{view_});
}

view_ptr node_front_state::completed(const view_ptr& local) {
  if (!others_)
    return local;
  auto brokers = other_brokers(*local->image, here_);
  others_->take_brokers(brokers);
  if (brokers.empty() && !has_others_)
    return local;
  has_others_ = true;
  auto whole = std::make_shared<broker_view>();
  whole->image = local->image;
  others_->begin();
  {
    route_editor edit{whole->routes};
    local->image->for_each_topic([&](const metadata::topic& topic) {
      auto* here = local->routes.find(topic.id);
      edit.set(topic.id, others_->route(local->image->share_topic(topic.id), here_, here ? *here : nullptr));
    });
  }
  others_->finish();
  return whole;
}

void node_front_state::forget_others() {
  if (others_)
    others_->end();
  others_.reset();
  has_others_ = false;
}

void node_front_state::on_peer_up(const remote::peer_up& message) {
  if (others_ && others_->on_peer_up(self_->current_sender(), message))
    publish(local_);
}

void node_front_state::connect(remote::peer_due message) {
  if (others_)
    others_->connect(message);
}

void node_front_state::retire(const remote::proxies_retired& message) {
  for (auto& proxy : message.proxies)
    self_->send_exit(proxy, caf::exit_reason::user_shutdown);
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
  if (others_ && others_->on_down(down))
    publish(local_);
  else
    std::erase_if(subscribers_, [&](auto& one) { return one.address() == down.source; });
}

// Whoever monitors stays in memory as long as the one that is monitored, until he says that he is done.
void node_front_state::end(const caf::error& why) {
  for (auto& subscriber : subscribers_)
    self_->demonitor(subscriber.address());
  forget_others();
  self_->quit(why);
}

node_front_actor::behavior_type node_front(node_front_actor::stateful_pointer<node_front_state> self,
                                           const front_settings& settings) {
  auto* state = &self->state;
  state->start(settings);
  self->set_exit_handler([state](caf::exit_msg& message) { state->end(message.reason); });
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
      [state](const remote::peer_up& m) { state->on_peer_up(m); },
      [](const remote::peer_trouble&) {},
      [](remote::metadata_stale) {}, // the node's own metadata are never asked for: they come
      [state](remote::peer_due m) { state->connect(m); },
      [state](const remote::proxies_retired& m) { state->retire(m); },
  };
}

} // namespace troupe
