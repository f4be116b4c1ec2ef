// The first half of a node's start: its peers, its part of the metadata quorum, and its broker's place in the cluster.
#include "actors/controller/controller.hpp"
#include "actors/controller/metadata_cache.hpp"
#include "actors/node/node_peers.hpp"
#include "actors/node/node_supervisor.hpp"
#include "actors/node/peer_directory.hpp"
#include "runtime/base/random.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

metadata::controller_config controller_config_of(const node_parts& parts) {
  metadata::controller_config config;
  config.default_partitions = parts.options.num_partitions;
  config.default_replication_factor = static_cast<std::int16_t>(parts.options.default_replication_factor);
  config.defaults = parts.defaults;
  config.self = node_id{parts.options.node_id};
  config.seed = parts.ports.seed;
  config.session_timeout_ms = parts.options.broker_session_timeout_ms;
  return config;
}

} // namespace

bool node_supervisor_state::start_peers() {
  random_source random{parts_->ports.seed ^ static_cast<std::uint64_t>(parts_->ports.clock->monotonic_ns())};
  incarnation_ = peer_incarnation{random.next()};
  if (!has_peers(parts_->options))
    return true;
  stages_.emplace_back();
  if (parts_->ports.open_peers) {
    gate_ = adopt("peer_gate", parts_->ports.open_peers(self_->system(), incarnation_));
  } else {
    auto settings = peer_settings_of(parts_->options, incarnation_, parts_->cluster_id);
    settings.welcome = welcome_;
    auto started = peer::start_peers(self_->system(), std::move(settings));
    if (!started) {
      fail(started.error().message());
      return false;
    }
    gate_ = adopt("peer_gate", peer_gate_actor{started->gate});
    look_for_welcome();
  }
  return true;
}

void node_supervisor_state::look_for_welcome() {
  if (!welcome_->is_let_in())
    self_->delayed_send(self_, std::chrono::milliseconds{500}, welcome_due{life_});
}

/// Two sessions may pass before all others have noticed the death of an earlier process of this node.
void node_supervisor_state::on_welcome_due(welcome_due message) {
  if (message.life != life_ || stopping_)
    return;
  auto others = book_of(parts_->options).wanted();
  auto verdict = welcome_->verdict(others.peers.size() + others.seeds.size(), 2 * parts_->options.broker_session_timeout_ms,
                                   parts_->ports.clock->monotonic_ns() / ns_per_ms);
  if (!verdict.empty())
    fail(verdict + "; a data directory stays with its cluster and its node: start with an empty one, or correct the "
                   "node's id or the addresses of the others");
  else
    look_for_welcome();
}

void node_supervisor_state::start_metadata() {
  stages_.emplace_back();
  cache_ = adopt("metadata_cache", self_->spawn(metadata_cache));
  if (gate_)
    adopt("peer_directory",
          self_->spawn(peer_directory, peer_directory_settings{gate_, cache_, book_of(parts_->options)}));
  auto driver = adopt("raft_driver", spawn_for_disk(raft_driver, parts_->raft, gate_));
  auto core = adopt("controller", self_->spawn(controller, controller_settings{controller_config_of(*parts_), driver, cache_,
                                                                               parts_->ports.clock, gate_ != nullptr}));
  controller_access_settings access{core, gate_, node_id{parts_->options.node_id}, parts_->ports.clock};
  auto found = adopt("controller_access", self_->spawn(controller_access, std::move(access)));
  self_->send(driver, quorum_subscription{found});
  awaits_vote_ = gate_ != nullptr; // until the driver says otherwise
  if (gate_)
    self_->send(driver, quorum_subscription{self_});
  controller_ = found;
}

void node_supervisor_state::register_broker() {
  broker_registration_settings settings;
  settings.controller = controller_;
  settings.cache = cache_;
  settings.owner = self_;
  settings.clock = parts_->ports.clock;
  settings.broker.node = node_id{parts_->options.node_id};
  settings.broker.incarnation = metadata::broker_incarnation{incarnation_.value()};
  settings.broker.endpoints = endpoints_of(parts_->options);
  if (!parts_->options.rack.empty())
    settings.broker.rack = parts_->options.rack;
  settings.broker.cluster_id = parts_->cluster_id;
  settings.broker.storage_kept = !gate_ || parts_->storage_kept; // who is alone has nobody to turn to
  if (gate_)
    settings.heartbeat_interval = std::chrono::milliseconds{parts_->options.broker_heartbeat_interval_ms};
  settings.lease = lease_;
  // The next controller may count from a sign of life that is a little older than the last heartbeat, and the one of before
  // may have answered that for a moment without leading any more.
  settings.lease_time = std::chrono::milliseconds{parts_->options.broker_session_timeout_ms / 2};
  registration_ = adopt("broker_registration", self_->spawn(broker_registration, std::move(settings)));
}

void node_supervisor_state::on_registered(const broker_registered& message) {
  if (stopping_ || !join(message.cluster_id))
    return;
  if (auto told = storage::forget_damage(*parts_->ports.files, parts_->options.data_directory); !told) {
    fail(told.error().message());
    return;
  }
  registered_at_ = message.version;
  if (!manager_)
    start_storage();
}

void node_supervisor_state::on_refused(const broker_refused& message) { fail(message.why); }

/// The node belongs to this cluster from now on, whatever it is told later.
bool node_supervisor_state::join(const std::string& cluster_id) {
  auto joined = storage::join_cluster(*parts_->ports.files, parts_->options.data_directory, cluster_id);
  if (!joined) {
    fail(joined.error().message());
    return false;
  }
  parts_->cluster_id = cluster_id;
  if (gate_ && !parts_->ports.open_peers)
    self_->send(caf::actor_cast<peer::started_gate_actor>(gate_), peer::cluster_known{cluster_id});
  return true;
}

void node_supervisor_state::be_only_a_controller() {
  self_->send(cache_, metadata_subscription{self_});
  view_ = std::make_shared<broker_view>();
  if (parts_->ports.open_listeners)
    start_admin();
  listening_ = true;
  announce_when_ready();
}

void node_supervisor_state::on_quorum(const quorum_leader& message) {
  awaits_vote_ = message.awaits_vote;
  announce_when_ready();
}

void node_supervisor_state::on_metadata(const metadata_update& update) {
  if (!stopping_ && parts_->cluster_id.empty() && !update.image->cluster_id().empty())
    join(update.image->cluster_id());
}

void node_supervisor_state::on_released() {
  if (std::exchange(leaving_, false))
    stop_next_stage();
}

void node_supervisor_state::on_leaving_overdue(leaving_overdue message) {
  if (message.life != life_ || !leaving_)
    return;
  spdlog::warn("node: nobody took the leaderships over in time");
  on_released();
}

} // namespace troupe
