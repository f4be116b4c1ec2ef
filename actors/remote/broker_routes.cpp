#include "actors/remote/broker_routes.hpp"

#include <algorithm>
#include <utility>

namespace troupe::remote {

namespace {

constexpr std::size_t backoff_doublings_max = 10;
constexpr auto retirement_time = std::chrono::seconds{1};

} // namespace

std::chrono::milliseconds reconnect_backoff(const remote_options& options, std::size_t attempt) {
  auto doubled = options.reconnect_backoff_ms << std::min(attempt, backoff_doublings_max);
  return std::chrono::milliseconds{std::min(doubled, options.reconnect_backoff_max_ms)};
}

broker_routes::broker_routes(caf::local_actor* self, const remote_options& options, link_factory open)
    : self_(self), options_(options), open_(std::move(open)) {}

// Not kept: an actor that holds its own handle never ends.
routes_owner broker_routes::owner() const { return caf::actor_cast<routes_owner>(self_); }

// --- brokers ---

void broker_routes::take_brokers(const std::map<std::int32_t, server_address>& brokers) {
  brokers_ = brokers;
  for (auto& [node, where] : brokers_) {
    auto [known, is_new] = peers_.try_emplace(node);
    if (!is_new && known->second.where == where)
      continue;
    known->second.where = where;
    if (known->second.actor)
      caf::anon_send_exit(known->second.actor, caf::exit_reason::user_shutdown); // comes back at the new address
    else if (is_new)
      connect({node});
  }
  for (auto& [node, peer] : peers_)
    if (peer.actor && !brokers_.contains(node))
      caf::anon_send_exit(peer.actor, caf::exit_reason::user_shutdown);
}

void broker_routes::connect(peer_due message) {
  auto known = peers_.find(message.node);
  if (known == peers_.end() || known->second.actor)
    return;
  auto& peer = known->second;
  pipeline_options options;
  options.client_id = options_.client_id;
  options.connect_timeout_ms = options_.connect_timeout_ms;
  options.request_timeout_ms = options_.request_timeout_ms;
  options.buffer_memory_bytes = options_.buffer_memory_bytes;
  peer.actor = self_->spawn(broker_peer, peer_settings{peer.where, options, peer.attempt, open_, owner()});
  self_->monitor(peer.actor);
}

bool broker_routes::on_peer_up(const caf::strong_actor_ptr& sender, const peer_up& message) {
  for (auto& [node, peer] : peers_)
    if (peer.actor && sender && peer.actor.address() == sender->address()) {
      peer.up = true;
      peer.appends = message.appends;
      peer.reads = message.reads;
      peer.attempt = 0;
      ++peers_version_;
      return true;
    }
  return false;
}

bool broker_routes::on_down(const caf::down_msg& down) {
  for (auto known = peers_.begin(); known != peers_.end(); ++known) {
    auto& [node, peer] = *known;
    if (!peer.actor || peer.actor.address() != down.source)
      continue;
    if (!brokers_.contains(node)) {
      peers_.erase(known);
    } else {
      auto wait = reconnect_backoff(options_, peer.attempt);
      peer = {peer.where, {}, false, {}, {}, peer.attempt + 1};
      caf::delayed_anon_send(owner(), wait, peer_due{node});
    }
    ++peers_version_;
    return true;
  }
  return false;
}

bool broker_routes::all_up() const {
  return !peers_.empty() && std::all_of(peers_.begin(), peers_.end(), [](auto& entry) { return entry.second.up; });
}

// --- routes ---

topic_routes broker_routes::route(const metadata::topic_ptr& topic, node_id here, const topic_routes& local) {
  auto& known = topics_[topic->id];
  known.round = round_;
  auto is_the_same = known.made && known.topic == topic && known.local == local && known.peers_version == peers_version_;
  if (!is_the_same) {
    known.topic = topic;
    known.local = local;
    known.peers_version = peers_version_;
    make(known, here);
  }
  return known.made;
}

void broker_routes::make(known_topic& of, node_id here) {
  auto& partitions = of.topic->partitions;
  auto routes = std::make_shared<std::vector<partition_actor>>(partitions.size());
  of.proxies.resize(partitions.size());
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    auto peer = peers_.find(partitions[i].leader.value());
    if (partitions[i].leader == here) {
      retire_later(of.proxies[i]);
      if (of.local && i < of.local->size())
        (*routes)[i] = (*of.local)[i];
    } else if (peer == peers_.end() || !peer->second.up) {
      retire_later(of.proxies[i]);
    } else {
      use_proxy(of, i, peer->second);
      (*routes)[i] = of.proxies[i].actor;
    }
  }
  if (!of.made || *of.made != *routes)
    of.made = std::move(routes);
}

void broker_routes::use_proxy(known_topic& of, std::size_t partition, const known_peer& peer) {
  auto& proxy = of.proxies[partition];
  if (proxy.actor && proxy.peer == peer.actor->id())
    return;
  retire_later(proxy);
  auto ref = std::make_shared<const partition_name>(
      partition_name{of.topic->name, of.topic->id, static_cast<std::int32_t>(partition)});
  proxy.actor = self_->spawn(partition_proxy, proxy_settings{std::move(ref), peer.appends, peer.reads, peer.actor, owner()});
  proxy.peer = peer.actor->id();
}

void broker_routes::retire_later(known_proxy& proxy) {
  if (proxy.actor)
    gone_.push_back(std::exchange(proxy, {}).actor);
}

void broker_routes::finish() {
  for (auto topic = topics_.begin(); topic != topics_.end();) {
    if (topic->second.round == round_) {
      ++topic;
      continue;
    }
    for (auto& proxy : topic->second.proxies)
      retire_later(proxy);
    topic = topics_.erase(topic);
  }
  if (!gone_.empty())
    caf::delayed_anon_send(owner(), retirement_time, proxies_retired{std::exchange(gone_, {})});
}

// Until everybody has seen the view, what comes is answered with not_leader, as the connections are gone.
void broker_routes::retire(const proxies_retired& message) {
  for (auto& proxy : message.proxies)
    caf::anon_send_exit(proxy, caf::exit_reason::user_shutdown);
}

void broker_routes::end() {
  for (auto& [node, peer] : peers_)
    if (peer.actor) {
      self_->demonitor(peer.actor.address());
      caf::anon_send_exit(peer.actor, caf::exit_reason::user_shutdown);
    }
  for (auto& [id, topic] : topics_)
    for (auto& proxy : topic.proxies)
      if (proxy.actor)
        caf::anon_send_exit(proxy.actor, caf::exit_reason::user_shutdown);
  retire({std::exchange(gone_, {})});
  peers_.clear();
  topics_.clear();
}

} // namespace troupe::remote
