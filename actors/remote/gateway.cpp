#include "actors/remote/gateway.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe::remote {

namespace {

constexpr std::size_t backoff_doublings_max = 10;
constexpr std::size_t partitions_per_second_of_age = 1000;
constexpr auto retirement_time = std::chrono::seconds{1};

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
  connect_control();
  on_refresh({});
}

void gateway_state::subscribe(const view_subscription& subscription) {
  self_->monitor(subscription.subscriber);
  subscribers_.push_back(subscription.subscriber);
  self_->send(subscription.subscriber, view_update{view_});
}

std::chrono::milliseconds gateway_state::backoff(std::size_t attempt) const {
  auto doubled = settings_.options.reconnect_backoff_ms << std::min(attempt, backoff_doublings_max);
  return std::chrono::milliseconds{std::min(doubled, settings_.options.reconnect_backoff_max_ms)};
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
  for (auto& [node, where] : picture_.brokers) {
    auto [known, is_new] = peers_.try_emplace(node);
    if (!is_new && known->second.where == where)
      continue;
    known->second.where = where;
    if (known->second.actor)
      self_->send_exit(known->second.actor, caf::exit_reason::user_shutdown); // comes back at the new address
    else if (is_new)
      connect_peer({node});
  }
  for (auto& [node, peer] : peers_)
    if (peer.actor && !picture_.brokers.contains(node))
      self_->send_exit(peer.actor, caf::exit_reason::user_shutdown);
  publish();
}

void gateway_state::publish() {
  auto view = std::make_shared<broker_view>();
  view->image = picture_.image;
  std::map<topic_partition, known_proxy> kept;
  picture_.image->for_each_topic([&](const metadata::topic& topic) {
    auto routes = std::make_shared<std::vector<partition_actor>>(topic.partitions.size());
    for (std::size_t i = 0; i < routes->size(); ++i) {
      auto leader = peers_.find(topic.partitions[i].leader.value());
      if (leader != peers_.end() && leader->second.up)
        (*routes)[i] = proxy_for(topic, static_cast<std::int32_t>(i), leader->second, kept);
    }
    view->routes[topic.id] = std::move(routes);
  });
  proxies_retired gone;
  for (auto& [name, proxy] : proxies_)
    gone.proxies.push_back(proxy.actor);
  if (!gone.proxies.empty())
    self_->delayed_send(self_, retirement_time, std::move(gone));
  proxies_ = std::move(kept);
  view_ = std::move(view);
  for (auto& subscriber : subscribers_)
    self_->send(subscriber, view_update{view_});
  announce_if_ready();
}

// Until everybody has seen the view, what comes is answered with not_leader, as the connections are gone.
void gateway_state::retire(const proxies_retired& message) {
  for (auto& proxy : message.proxies)
    self_->send_exit(proxy, caf::exit_reason::user_shutdown);
}

partition_actor gateway_state::proxy_for(const metadata::topic& topic, std::int32_t partition,
                                         const known_peer& peer,
                                         std::map<topic_partition, known_proxy>& kept) {
  topic_partition name{topic.id, partition_id{partition}};
  if (auto known = proxies_.find(name); known != proxies_.end() && known->second.peer == peer.actor->id()) {
    auto actor = known->second.actor;
    kept.insert(proxies_.extract(known));
    return actor;
  }
  auto ref = std::make_shared<const partition_name>(partition_name{topic.name, topic.id, partition});
  auto actor = self_->spawn(partition_proxy,
                            proxy_settings{std::move(ref), peer.appends, peer.reads, peer.actor, self_});
  kept[name] = {actor, peer.actor->id()};
  return actor;
}

void gateway_state::announce_if_ready() {
  auto all_up = std::all_of(peers_.begin(), peers_.end(), [](auto& entry) { return entry.second.up; });
  if (latest_ && all_up && !peers_.empty())
    settings_.report->set_ready();
}

// --- brokers ---

void gateway_state::connect_peer(peer_due message) {
  auto known = peers_.find(message.node);
  if (known == peers_.end() || known->second.actor)
    return;
  auto& peer = known->second;
  pipeline_options options;
  options.client_id = settings_.options.client_id;
  options.connect_timeout_ms = settings_.options.connect_timeout_ms;
  options.request_timeout_ms = settings_.options.request_timeout_ms;
  options.buffer_memory_bytes = settings_.options.buffer_memory_bytes;
  peer.actor =
      self_->spawn(broker_peer, peer_settings{peer.where, options, peer.attempt, settings_.open, self_});
  self_->monitor(peer.actor);
}

void gateway_state::on_peer_up(const peer_up& message) {
  for (auto& [node, peer] : peers_)
    if (peer.actor && self_->current_sender() == peer.actor) {
      peer.up = true;
      peer.appends = message.appends;
      peer.reads = message.reads;
      peer.attempt = 0;
      publish();
      refresh(false); // what there is may be from before the node started anew
      return;
    }
}

bool gateway_state::lose_peer(const caf::down_msg& down) {
  for (auto known = peers_.begin(); known != peers_.end(); ++known) {
    auto& [node, peer] = *known;
    if (!peer.actor || peer.actor.address() != down.source)
      continue;
    if (!picture_.brokers.contains(node)) {
      peers_.erase(known);
    } else {
      auto wait = backoff(peer.attempt);
      peer = {peer.where, {}, false, {}, {}, peer.attempt + 1};
      self_->delayed_send(self_, wait, peer_due{node});
    }
    publish();
    return true;
  }
  return false;
}

void gateway_state::on_down(const caf::down_msg& down) {
  if (control_ && control_.address() == down.source)
    lose_control();
  else if (!lose_peer(down))
    std::erase_if(subscribers_, [&](auto& one) { return one.address() == down.source; });
}

void gateway_state::end(const caf::error& why) {
  if (control_)
    self_->send_exit(control_, why);
  for (auto& [node, peer] : peers_)
    if (peer.actor)
      self_->send_exit(peer.actor, why);
  for (auto& [name, proxy] : proxies_)
    self_->send_exit(proxy.actor, why);
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
      [state](creation_answered& m) { state->on_created(m); },
      [state](refresh_due m) { state->on_refresh(m); },
      [state](control_due) { state->connect_control(); },
      [state](peer_due m) { state->connect_peer(m); },
      [state](const proxies_retired& m) { state->retire(m); },
  };
}

} // namespace troupe::remote
