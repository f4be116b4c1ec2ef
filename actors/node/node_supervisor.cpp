#include "actors/node/node_supervisor.hpp"

#include "actors/admin/admin_listener.hpp"
#include "actors/node/node_peers.hpp"
#include "actors/node/node_watch.hpp"
#include "actors/partition/disk.hpp"
#include "actors/partition/flusher.hpp"
#include "actors/partition/reader.hpp"
#include "runtime/base/random.hpp"

#include <algorithm>
#include <chrono>

#include <caf/io/middleman.hpp>
#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// Those whose death ends the process.
bool writes_to_disk(std::string_view child) { return child == "raft_driver" || child == "disk" || child == "flusher"; }

std::string address_of(const config::listener_options& options) {
  return options.host + ":" + std::to_string(options.port);
}

} // namespace

void node_supervisor_state::adopt_restartable(const char* name, std::function<caf::strong_actor_ptr()> start) {
  auto actor = start();
  self_->monitor(actor);
  parts_->watch.supervision->started(node_supervisor_state::name, name);
  stages_.back().push_back({name, std::move(actor), restartables_.size()});
  restartables_.push_back({stages_.size() - 1, std::move(start), {}});
}

void node_supervisor_state::start(std::shared_ptr<node_parts> parts, node_events events) {
  parts_ = std::move(parts);
  events_ = std::move(events);
  parts_->watch.connections = metrics_->connections;
  watch_node(*parts_, metrics_, budget_);
  if (!start_peers())
    return;
  start_metadata();
  if (parts_->options.is_broker())
    register_broker();
  else
    be_only_a_controller();
}

void node_supervisor_state::start_storage() {
  stages_.emplace_back();
  auto& parts = *parts_;
  partition_manager_settings settings;
  auto& environment = settings.environment;
  environment.disk = adopt("disk", start_disk());
  environment.reader = adopt("reader_keeper", start_reader());
  environment.flusher =
      adopt("flusher", spawn_for_disk(flusher, parts.segments, environment.disk, environment.reader, parts.storage_metrics));
  environment.clock = parts.ports.clock;
  environment.cache = parts.cache;
  environment.self = node_id{parts.options.node_id};
  environment.gate = gate_;
  environment.lag_max_ms = parts.options.replica_lag_time_max_ms;
  environment.log = parts.ports.sizes.log;
  environment.log.producer_expiration_ms = parts.options.producer_id_expiration_ms;
  if (gate_) {
    settings.controller = controller_;
    environment.lease = lease_;
    environment.lost = lost_;
  }
  settings.plays_from = registered_at_;
  settings.defaults = parts.defaults;
  settings.retention_check_interval_ms = parts.options.log_retention_check_interval_ms;
  settings.table = parts.watch.partitions;
  settings.supervision = parts.watch.supervision;
  stages_.emplace_back();
  manager_ =
      adopt("partition_manager", self_->spawn(partition_manager, std::move(settings), parts.recovered));
  self_->send(cache_, metadata_subscription{manager_});
  self_->send(manager_, view_subscription{self_});
}

disk_actor node_supervisor_state::start_disk() {
  auto& ports = parts_->ports;
  auto& directory = parts_->options.data_directory;
  auto& metrics = parts_->storage_metrics;
  return ports.own_threads ? self_->spawn<threaded_disk, caf::detached>(parts_->journal, ports.files, directory, metrics)
                           : self_->spawn(disk, parts_->journal, ports.files, directory, metrics);
}

reader_keeper_actor node_supervisor_state::start_reader() {
  auto reading = parts_->ports.sizes.reading;
  reading.directory = parts_->options.data_directory;
  auto make = [&system = self_->system(), ports = parts_->ports, metrics = parts_->storage_metrics,
               reading](reader_keeper_actor keeper) -> reader_actor {
    return ports.own_threads ? system.spawn<caf::detached>(reader, ports.files, reading, std::move(keeper), metrics)
                             : system.spawn(reader, ports.files, reading, std::move(keeper), metrics);
  };
  return self_->spawn(reader_keeper, make_reader{std::move(make)}, parts_->watch.supervision);
}

void node_supervisor_state::on_view(const view_update& update) {
  if (stopping_ || update.view->image->version() < registered_at_)
    return;
  view_ = update.view;
  if (std::exchange(listening_, true))
    return;
  stages_.emplace_back();
  adopt_restartable("producer_ids", [this] {
    producer_ids_ = self_->spawn(kafka::producer_ids, controller_);
    return caf::actor_cast<caf::strong_actor_ptr>(producer_ids_);
  });
  kafka::fetch_session_limits sessions;
  sessions.sessions_max = static_cast<std::size_t>(parts_->options.max_incremental_fetch_session_cache_slots);
  fetch_sessions_ = std::make_shared<kafka::fetch_session_cache>(parts_->ports.seed, sessions);
  if (parts_->ports.open_listeners) {
    start_listeners();
    start_admin();
  }
  announce_when_ready();
}

std::shared_ptr<kafka::session_options> node_supervisor_state::session_options() const {
  auto options = std::make_shared<kafka::session_options>();
  options->self = node_id{parts_->options.node_id};
  options->data_directory = parts_->options.data_directory;
  options->auto_create_topics = parts_->options.auto_create_topics_enable;
  options->request_max_bytes = parts_->options.socket_request_max_bytes;
  options->fetch_max_bytes = parts_->options.fetch_max_bytes;
  options->idle_max_ms = parts_->options.connections_max_idle_ms;
  options->defaults = parts_->defaults;
  return options;
}

kafka::session_environment
node_supervisor_state::session_environment(std::shared_ptr<const kafka::session_options> options) const {
  kafka::session_environment environment;
  environment.system = &self_->system();
  environment.clock = parts_->ports.clock;
  environment.controller = controller_;
  environment.producer_ids = self_;
  environment.budget = budget_;
  environment.metrics = metrics_;
  environment.fetch_sessions = fetch_sessions_;
  environment.options = std::move(options);
  if (gate_) {
    environment.lease = lease_;
    environment.lost = lost_;
  }
  return environment;
}

void node_supervisor_state::announce_when_ready() {
  if (stopping_ || announced_ || !listening_ || opening_ > 0 || awaits_vote_)
    return;
  announced_ = true;
  parts_->watch.phase->store(admin::node_phase::ready);
  if (registration_)
    self_->send(registration_, broker_can_serve{});
  events_.ready(manager_ ? node_access{manager_, view_, session_environment(session_options())} : node_access{});
}

void node_supervisor_state::start_listeners() {
  auto options = session_options();
  auto names = kafka_endpoints_of(parts_->options);
  opening_ = parts_->options.listeners.size();
  for (std::size_t i = 0; i < parts_->options.listeners.size(); ++i) {
    options->listener_name = names[i].listener;
    adopt_restartable("kafka_listener", [this, &where = parts_->options.listeners[i], options] {
      return open_listener(where, options);
    });
    options = std::make_shared<kafka::session_options>(*options);
  }
}

caf::strong_actor_ptr node_supervisor_state::open_listener(const config::listener_options& options,
                                                           std::shared_ptr<const kafka::session_options> session) {
  kafka::listener_settings settings{options.host, options.port,
                                    static_cast<std::size_t>(parts_->options.connections_max)};
  auto listener = self_->system().middleman().spawn_broker(kafka::kafka_listener, settings,
                                                           session_environment(std::move(session)));
  // Whoever connects first must find every topic there already.
  self_->send(caf::actor_cast<view_subscriber>(listener), view_update{view_});
  self_->send(manager_, view_subscription{caf::actor_cast<view_subscriber>(listener)});
  self_->request(listener, caf::infinite, kafka::open_listener{})
      .then(
          [this, address = address_of(options)](std::uint16_t) {
            spdlog::info("kafka_listener: Kafka clients are served at {}", address);
            if (opening_ > 0 && --opening_ == 0)
              announce_when_ready();
          },
          [this, listener, address = address_of(options)](const caf::error& why) {
            auto sentence = "cannot listen at " + address + ": the port is in use or the address is not this machine's";
            if (opening_ > 0)
              fail(sentence);
            else if (why != caf::sec::request_receiver_down) {
              spdlog::error("kafka_listener: {}", sentence);
              self_->send_exit(listener, caf::sec::cannot_open_port);
            }
          });
  return caf::actor_cast<caf::strong_actor_ptr>(listener);
}

// --- the admin pages ---

void node_supervisor_state::start_admin() {
  auto where = config::parse_admin_listener(parts_->options.admin_listener, {});
  if (where && *where)
    adopt_restartable("admin_listener", [this, where = **where] { return open_admin(where); });
}

caf::strong_actor_ptr node_supervisor_state::open_admin(const config::admin_address& where) {
  auto broker = self_->system().middleman().spawn_broker(admin::admin_listener,
                                                         admin::admin_settings{where.host, where.port}, parts_->watch);
  auto listener = caf::actor_cast<caf::strong_actor_ptr>(broker);
  self_->send(caf::actor_cast<view_subscriber>(broker), view_update{view_});
  if (manager_)
    self_->send(manager_, view_subscription{caf::actor_cast<view_subscriber>(broker)});
  self_->request(broker, caf::infinite, admin::open_admin_listener{})
      .then(
          [where](std::uint16_t port) {
            spdlog::info("admin_listener: health, metrics and the dashboard are at http://{}/",
                         config::to_string(config::listener_options{where.host, port, {}, 0, false}));
          },
          [this, where, listener](const caf::error& why) {
            if (why == caf::sec::request_receiver_down)
              return; // it is started anew
            auto address = config::to_string(config::listener_options{where.host, where.port, {}, 0, false});
            if (!where.may_fail) {
              fail("cannot listen at " + address + ": the port is in use or the address is not this machine's");
              return;
            }
            spdlog::info("admin_listener: {} is in use: no health, metrics and dashboard; admin_listener names another",
                         address);
            forget(listener);
          });
  return listener;
}

/// The node goes on without this child.
void node_supervisor_state::forget(const caf::strong_actor_ptr& child) {
  for (auto& stage : stages_)
    for (auto one = stage.begin(); one != stage.end(); ++one)
      if (one->actor == child) {
        self_->demonitor(child->address());
        self_->send_exit(child, caf::exit_reason::user_shutdown);
        parts_->watch.supervision->stopped(node_supervisor_state::name, one->name);
        stage.erase(one);
        return;
      }
}

void node_supervisor_state::pass_on(const producer_id_request& request) {
  if (producer_ids_)
    self_->send(producer_ids_, request);
}

caf::strong_actor_ptr node_supervisor_state::find(const find_child& wanted) const {
  for (auto& stage : stages_)
    for (auto& child : stage)
      if (child.name == wanted.name)
        return child.actor;
  return nullptr;
}

void node_supervisor_state::restart(restart_child message) {
  if (stopping_ || message.life != life_)
    return;
  auto& which = restartables_[message.number];
  for (auto& child : stages_[which.stage])
    if (child.restarts_as == message.number) {
      child.actor = which.start();
      self_->monitor(child.actor);
      parts_->watch.supervision->restarted(node_supervisor_state::name, child.name);
      return;
    }
}

// --- the end ---

void node_supervisor_state::stop() {
  if (std::exchange(restarting_, false) || std::exchange(stopping_, true))
    return;
  spdlog::info("node: stopping");
  parts_->watch.phase->store(admin::node_phase::stopping);
  if (gate_ && registration_) {
    leaving_ = true;
    self_->send(registration_, leave_cluster{});
    self_->delayed_send(self_, std::chrono::milliseconds{parts_->options.shutdown_timeout_ms / 4}, leaving_overdue{life_});
  } else {
    stop_next_stage();
  }
}

void node_supervisor_state::stop_next_stage() {
  for (auto& stage : stages_)
    std::erase_if(stage, [](const child& c) { return !c.actor; }); // dead, and not started anew any more
  while (!stages_.empty() && stages_.back().empty())
    stages_.pop_back();
  if (stages_.empty()) {
    if (restarting_)
      self_->delayed_send(self_, restart_delay_, restart_all{});
    else
      finish();
    return;
  }
  for (auto& child : stages_.back())
    self_->send_exit(child.actor, caf::exit_reason::user_shutdown);
  auto share = std::chrono::milliseconds{parts_->options.shutdown_timeout_ms / 4};
  self_->delayed_send(self_, share, stop_overdue{stages_.size(), life_});
}

void node_supervisor_state::on_overdue(stop_overdue message) {
  if (message.life != life_ || message.stage != stages_.size())
    return;
  for (auto& child : stages_.back()) {
    spdlog::error("node: {} did not stop in time", child.name);
    self_->send_exit(child.actor, caf::exit_reason::kill);
  }
}

void node_supervisor_state::on_down(const caf::down_msg& down) {
  for (auto& stage : stages_)
    for (auto child = stage.begin(); child != stage.end(); ++child)
      if (child->actor && child->actor->address() == down.source) {
        on_death(stage, child, self_->system().render(down.reason));
        return;
      }
}

void node_supervisor_state::on_death(stage& of, stage::iterator child, const std::string& why) {
  if (!stopping_ && child->restarts_as != not_restarted) {
    auto delay_ms = restartables_[child->restarts_as].backoff.died(parts_->ports.clock->monotonic_ns() / ns_per_ms);
    spdlog::error("node: {} ended ({}): it starts anew in {} ms", child->name, why, delay_ms);
    parts_->watch.supervision->ended(node_supervisor_state::name, child->name, why, delay_ms);
    child->actor = nullptr;
    self_->delayed_send(self_, std::chrono::milliseconds{delay_ms}, restart_child{child->restarts_as, life_});
    return;
  }
  auto name = child->name;
  if (stopping_)
    parts_->watch.supervision->stopped(node_supervisor_state::name, name);
  else
    parts_->watch.supervision->ended(node_supervisor_state::name, name, why, -1);
  of.erase(child);
  if (stopping_) {
    if (!leaving_ && stages_.back().empty())
      stop_next_stage();
  } else if (writes_to_disk(name)) {
    fail(name + " ended: " + why);
  } else {
    end_all_and_begin_anew(name + " ended: " + why);
  }
}

void node_supervisor_state::end_all_and_begin_anew(const std::string& why) {
  events_.restarting(why);
  begin_anew_later(why);
}

void node_supervisor_state::begin_anew_later(const std::string& why) {
  restart_delay_ = std::chrono::milliseconds{backoff_.died(parts_->ports.clock->monotonic_ns() / ns_per_ms)};
  spdlog::error("node: {}: everything starts anew from the disk in {} ms", why, restart_delay_.count());
  stopping_ = true;
  restarting_ = true;
  stop_next_stage();
}

void node_supervisor_state::begin_anew() {
  if (!std::exchange(restarting_, false)) { // told to stop meanwhile
    finish();
    return;
  }
  auto bare = std::make_shared<node_parts>();
  bare->options = parts_->options;
  bare->ports = parts_->ports;
  bare->ports.seed = random_source{parts_->ports.seed}.next(); // ids must not come again, of deleted topics either
  bare->watch.supervision = parts_->watch.supervision; // what has happened is not forgotten
  parts_ = std::move(bare);                            // gives the lock back
  auto parts = open_node(parts_->options, parts_->ports);
  if (!parts && parts.error() == errc::no_space) {
    begin_anew_later(parts.error().message());
    return;
  }
  stopping_ = false;
  if (!parts) {
    fail(parts.error().message());
    return;
  }
  parts->watch.supervision = parts_->watch.supervision;
  ++life_;
  restartables_.clear();
  gate_ = nullptr;
  registration_ = nullptr;
  controller_ = nullptr;
  cache_ = nullptr;
  manager_ = nullptr;
  producer_ids_ = nullptr;
  view_.reset();
  listening_ = false;
  announced_ = false;
  opening_ = 0;
  start(std::make_shared<node_parts>(std::move(*parts)), std::move(events_));
}

void node_supervisor_state::finish() {
  events_.ended({});
  self_->quit();
}

void node_supervisor_state::abandon(const caf::error& reason) {
  stopping_ = true;
  for (auto& stage : stages_)
    for (auto& child : stage)
      if (child.actor)
        self_->send_exit(child.actor, reason);
  self_->quit(reason);
}

void node_supervisor_state::fail(const std::string& why) {
  if (!std::exchange(stopping_, true))
    events_.ended(why);
}

node_supervisor_actor::behavior_type
node_supervisor(node_supervisor_actor::stateful_pointer<node_supervisor_state> self,
                std::shared_ptr<node_parts> parts, node_events events) {
  auto* state = &self->state;
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  self->set_exit_handler([state](caf::exit_msg& message) { state->abandon(message.reason); });
  state->start(std::move(parts), std::move(events));
  return {
      [state](const broker_registered& m) { state->on_registered(m); },
      [state](const broker_refused& m) { state->on_refused(m); },
      [state](broker_released) { state->on_released(); },
      [state](const metadata_update& m) { state->on_metadata(m); },
      [state](const quorum_leader& m) { state->on_quorum(m); },
      [state](leaving_overdue m) { state->on_leaving_overdue(m); },
      [state](const view_update& m) { state->on_view(m); },
      [state](const producer_id_request& m) { state->pass_on(m); },
      [](const controller_reply&) {}, // comes with the interface of those who give ids away
      [state](restart_child m) { state->restart(m); },
      [state](restart_all) { state->begin_anew(); },
      [state](stop_node) { state->stop(); },
      [state](stop_overdue m) { state->on_overdue(m); },
      [state](welcome_due m) { state->on_welcome_due(m); },
      [state](const find_child& m) { return state->find(m); },
  };
}

} // namespace troupe
