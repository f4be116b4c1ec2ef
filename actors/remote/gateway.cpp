#include "actors/remote/gateway.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe::remote {

namespace {

constexpr std::size_t partitions_per_second_of_age = 1000;

} // namespace

void gateway_report::set_ready() {
  std::lock_guard lock{mutex_};
  ready_ = true;
  changed_.notify_all();
}

void gateway_report::set_trouble(std::string why) {
  std::lock_guard lock{mutex_};
  trouble_ = std::move(why);
}

bool gateway_report::wait_until_ready(std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [this] { return ready_; });
}

std::string gateway_report::trouble() const {
  std::lock_guard lock{mutex_};
  return trouble_;
}

void gateway_state::start(gateway_settings settings) {
  settings_ = std::move(settings);
  routes_.emplace(self_, settings_.options, settings_.open);
  connect_control();
  on_refresh({});
}

void gateway_state::subscribe(const view_subscription& subscription) {
  self_->monitor(subscription.subscriber);
  subscribers_.push_back(subscription.subscriber);
  self_->send(subscription.subscriber, view_update{view_});
}

std::chrono::milliseconds gateway_state::backoff(std::size_t attempt) const {
  return reconnect_backoff(settings_.options, attempt);
}

// Only refreshes that repeat set the alarm anew.
void gateway_state::on_refresh(refresh_due message) {
  if (message.only_once)
    refresh_sent_ = false;
  refresh(false);
  if (message.only_once)
    return;
  auto age_ms =
      settings_.options.metadata_max_age_ms
      + static_cast<std::int64_t>(picture_.image->partition_count() / partitions_per_second_of_age) * 1'000;
  self_->delayed_send(self_, std::chrono::milliseconds{age_ms}, refresh_due{});
}

void gateway_state::on_trouble(const std::string& why) {
  spdlog::debug("remote: {}", why);
  settings_.report->set_trouble(why);
}

// --- what the cluster looks like ---

void gateway_state::take(const cluster_picture& picture) {
  picture_ = picture;
  routes_->take_brokers(picture_.brokers);
  publish();
}

void gateway_state::publish() {
  auto view = std::make_shared<broker_view>();
  view->image = picture_.image;
  routes_->begin();
  {
    route_editor edit{view->routes};
    picture_.image->for_each_topic([&](const metadata::topic& topic) {
      edit.set(topic.id, routes_->route(picture_.image->share_topic(topic.id), metadata::no_leader, nullptr));
    });
  }
  routes_->finish();
  view_ = std::move(view);
  for (auto& subscriber : subscribers_)
    self_->send(subscriber, view_update{view_});
  announce_if_ready();
}

void gateway_state::announce_if_ready() {
  if (latest_ && routes_->all_up())
    settings_.report->set_ready();
}

// --- brokers ---

void gateway_state::on_peer_up(const peer_up& message) {
  if (!routes_->on_peer_up(self_->current_sender(), message))
    return;
  publish();
  refresh(false); // what there is may be from before the node started anew
}

void gateway_state::on_down(const caf::down_msg& down) {
  if (control_ && control_.address() == down.source)
    lose_control();
  else if (routes_->on_down(down))
    lose_broker();
  else
    std::erase_if(subscribers_, [&](auto& one) { return one.address() == down.source; });
}

// If it is dead, others lead what it led: at once, or as soon as the one that is asked has heard of it.
void gateway_state::lose_broker() {
  publish();
  refresh(false);
  refresh(true);
}

// Whoever monitors stays in memory as long as the one that is monitored, until he says that he is done.
void gateway_state::end(const caf::error& why) {
  if (control_) {
    self_->demonitor(control_.address());
    self_->send_exit(control_, why);
  }
  for (auto& subscriber : subscribers_)
    self_->demonitor(subscriber.address());
  routes_->end();
  release(round_ + 1, errc::shutting_down);
  self_->quit(why);
}

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self,
                                     gateway_settings settings) {
  auto* state = &self->state;
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  self->set_exit_handler([state](caf::exit_msg& message) { state->end(message.reason); });
  state->start(std::move(settings));
  return {
      [state](const view_subscription& m) { state->subscribe(m); },
      [state](const controller_request& m) { state->ask(m); },
      [state](const producer_id_request& m) { state->ask(m); },
      [](const controller_reply&) {}, // comes with the interface of those who give ids away
      [state](const peer_up& m) { state->on_peer_up(m); },
      [state](const peer_trouble& m) { state->on_trouble(m.why); },
      [state](metadata_stale) { state->refresh(true); },
      [state](const link_up& m) { state->on_link_up(m); },
      [state](const link_trouble& m) { state->on_link_trouble(m); },
      [state](metadata_arrived& m) { state->on_metadata(m); },
      [state](command_answered& m) { state->on_answered(m); },
      [state](refresh_due m) { state->on_refresh(m); },
      [state](control_due) { state->connect_control(); },
      [state](answer_due m) { state->on_answer_due(m); },
      [](const link_slow&) {}, // answer_due looks after the control link
      [state](peer_due m) { state->connect_peer(m); },
      [state](const proxies_retired& m) { state->retire(m); },
  };
}

} // namespace troupe::remote
