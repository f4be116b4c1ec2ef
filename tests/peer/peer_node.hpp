// A node that does nothing but talk to others, in an actor system of its own; several fit into one process.
#pragma once

#include "actors/peer/peer_settings.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

namespace troupe::peer {

constexpr std::chrono::seconds patience{10};

/// What a node's subscriber was told, to be waited for.
class inbox {
public:
  void add(peer_received message) {
    std::lock_guard lock{mutex_};
    received_.push_back(std::move(message));
    changed_.notify_all();
  }
  void add(peer_status status) {
    std::lock_guard lock{mutex_};
    statuses_.push_back(std::move(status));
    changed_.notify_all();
  }

  std::vector<peer_received> received() const {
    std::lock_guard lock{mutex_};
    return received_;
  }
  std::vector<peer_status> statuses() const {
    std::lock_guard lock{mutex_};
    return statuses_;
  }
  void clear() {
    std::lock_guard lock{mutex_};
    received_.clear();
    statuses_.clear();
  }

  bool wait_for_messages(std::size_t count, std::chrono::milliseconds limit = patience) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, limit, [&] { return received_.size() >= count; });
  }
  /// Until the last status of this node is like that.
  bool wait_for(node_id node, bool connected, bool refused = false, std::chrono::milliseconds limit = patience) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, limit, [&] {
      auto last = std::find_if(statuses_.rbegin(), statuses_.rend(), [&](auto& one) { return one.node == node; });
      return last != statuses_.rend() && last->connected == connected && last->refused == refused;
    });
  }
  /// Until some status of this node, not connected, has this word in its sentence.
  bool wait_for_sentence(node_id node, const std::string& word, std::chrono::milliseconds limit = patience) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, limit, [&] {
      return std::any_of(statuses_.begin(), statuses_.end(), [&](auto& one) {
        return one.node == node && !one.connected && one.why.find(word) != std::string::npos;
      });
    });
  }

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<peer_received> received_;
  std::vector<peer_status> statuses_;
};

inline peer_client::behavior_type record(peer_client::pointer, std::shared_ptr<inbox> to) {
  return {
      [to](const peer_received& m) { to->add(m); },
      [to](const peer_status& m) { to->add(m); },
  };
}

struct peer_system_config : caf::actor_system_config {
  peer_system_config() {
    load<caf::io::middleman>();
    add_peer_messages(*this);
    set("scheduler.max-threads", std::size_t{1});
    set("scheduler.policy", caf::atom("sharing"));
    set("middleman.workers", std::size_t{0});
  }
};

/// The settings of most tests: impatient, so that nothing takes long.
inline peer_settings settings_of(int node, std::uint64_t incarnation = 1) {
  peer_settings settings;
  settings.self = node_id{node};
  settings.incarnation = peer_incarnation{incarnation * 1000 + static_cast<std::uint64_t>(node)};
  settings.cluster_id = "test";
  return settings;
}

class peer_node {
public:
  explicit peer_node(peer_settings settings) : settings_(std::move(settings)) { start(); }
  ~peer_node() {
    stop();
    caf::anon_send_exit(subscriber_, caf::exit_reason::user_shutdown);
  }
  peer_node(const peer_node&) = delete;
  peer_node& operator=(const peer_node&) = delete;

  node_id id() const { return settings_.self; }
  std::uint16_t port() const { return port_; }
  peer_address address() const { return {id(), "127.0.0.1", port_}; }
  inbox& in() { return *inbox_; }
  peer_counters& counters(node_id of) { return *settings_.metrics->of(of); }
  peer::welcome& welcome() { return *settings_.welcome; }
  peer_metrics& metrics() { return *settings_.metrics; }
  caf::actor_system& system() { return system_; }
  const started_gate_actor& gate() const { return gate_; }
  const std::string& problem() const { return problem_; }

  void start() {
    auto started = start_peers(system_, settings_);
    if (!started) {
      problem_ = started.error().message();
      return;
    }
    gate_ = started->gate;
    port_ = started->port;
    for (auto service : {peer_service::raft, peer_service::replication})
      caf::anon_send(gate_, peer_subscription{service, subscriber_});
  }

  void want(std::vector<peer_address> peers, std::vector<seed_address> seeds = {}) {
    caf::anon_send(gate_, peers_wanted{std::move(peers), std::move(seeds)});
  }

  void send(node_id to, peer_service service, std::string head, std::vector<bytes> body = {}) {
    caf::anon_send(gate_, peer_send{to, service, bytes::copy_of(head), std::move(body)});
  }

  /// Waits for the end; false if it takes too long.
  bool stop() {
    if (!gate_)
      return true;
    auto ended = false;
    caf::scoped_actor self{system_, true};
    caf::anon_send_exit(gate_, caf::exit_reason::user_shutdown);
    self->monitor(gate_);
    self->receive([&](caf::down_msg&) { ended = true; }, caf::after(patience) >> [] {});
    gate_ = nullptr;
    return ended;
  }

  /// Ends without a word to anybody, as a process does that is killed.
  void kill() {
    caf::scoped_actor self{system_, true};
    self->monitor(gate_);
    caf::anon_send_exit(gate_, caf::exit_reason::kill);
    self->receive([](caf::down_msg&) {}, caf::after(patience) >> [] {});
    gate_ = nullptr;
  }

private:
  peer_system_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  peer_client subscriber_ = system_.spawn(record, inbox_);
  peer_settings settings_;
  started_gate_actor gate_;
  std::uint16_t port_ = 0;
  std::string problem_;
};

} // namespace troupe::peer
