#include "actors/partition/partition_manager.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr auto tick_interval = std::chrono::seconds{5};

bool holds_replica(const metadata::partition& partition, node_id node) {
  return std::find(partition.replicas.begin(), partition.replicas.end(), node) != partition.replicas.end();
}

/// "partition orders-3": for the log of supervision.
std::string label_of(const metadata::topic& topic, partition_id partition) {
  return "partition " + topic.name + "-" + std::to_string(partition.value());
}

} // namespace

void partition_manager_state::start(partition_manager_settings settings,
                                    std::shared_ptr<recovered_partitions> recovered) {
  settings_ = std::move(settings);
  recovered_ = std::move(recovered);
  last_expiry_ns_ = settings_.environment.clock->monotonic_ns();
  if (settings_.environment.gate)
    self_->send(settings_.environment.gate, peer_subscription{peer_service::replication, self_});
  self_->delayed_send(self_, tick_interval, housekeeping_tick{});
}

void partition_manager_state::update(const metadata_update& update) {
  if (update.image->version() < settings_.plays_from)
    return;
  next_.image = update.image;
  if (!plays_ || update.delta->everything || update.delta->broker_configs)
    set_quotas();
  if (!std::exchange(plays_, true) || update.delta->everything)
    take_whole_image(*update.image);
  else if (update.delta->broker_configs)
    update.image->for_each_topic([this](const metadata::topic& topic) { take_topic(topic, true); });
  for (auto& removed : update.delta->removed_topics)
    remove_topic(*removed);
  for (auto& change : update.delta->topics)
    if (auto* topic = update.image->find_topic(change.id))
      take_topic(*topic, change.configs);
  if (!update.delta->brokers.empty())
    tell_roles(update.delta->brokers);
  publish();
}

void partition_manager_state::set_quotas() {
  auto& environment = settings_.environment;
  auto set = [&](replication_quota& quota, std::string_view option) {
    auto rate = metadata::dynamic_number(option, next_.image->overrides_of(environment.self));
    quota.set_rate(rate.value_or(replication::token_bucket::unlimited), environment.clock->monotonic_ns());
  };
  set(environment.quotas->leader, "leader.replication.throttled.rate");
  set(environment.quotas->follower, "follower.replication.throttled.rate");
}

void partition_manager_state::take_whole_image(const metadata::metadata_image& image) {
  image.for_each_topic([this](const metadata::topic& topic) { take_topic(topic, true); });
  remove_leftovers();
}

void partition_manager_state::take_topic(const metadata::topic& topic, bool options_changed) {
  auto routes = std::make_shared<std::vector<partition_actor>>(topic.partitions.size());
  auto followers = std::make_shared<std::vector<partition_actor>>(topic.partitions.size());
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    partition_id id{static_cast<std::int32_t>(i)};
    auto& state = topic.partitions[i];
    if (!holds_replica(state, settings_.environment.self)) {
      keep_former_replica(topic, id, state);
      continue;
    }
    auto [known, is_new] = children_.try_emplace({topic.id, id});
    auto& child = known->second;
    if (is_new) {
      child = launch(topic, id, state, false);
    } else if (child) {
      self_->send(child, role_of(state));
      if (options_changed)
        self_->send(child, troupe::options_changed{options_of(topic)});
    }
    (state.leader == settings_.environment.self ? *routes : *followers)[i] = child;
  }
  next_.set_routes(topic.id, std::move(routes));
  next_.set_followers(topic.id, std::move(followers));
}

/// What it has stays where it is: the replica may be wanted here again. What of that is only in the journal must leave it
/// some day, for which it takes an actor.
void partition_manager_state::keep_former_replica(const metadata::topic& topic, partition_id id,
                                                  const metadata::partition& state) {
  topic_partition name{topic.id, id};
  if (auto child = children_.find(name); child == children_.end()) {
    if (recovered_->contains(name))
      children_[name] = launch(topic, id, state, false);
  } else if (child->second) {
    self_->send(child->second, role_of(state));
  }
}

metadata::topic_options partition_manager_state::options_of(const metadata::topic& topic) const {
  return settings_.defaults.resolve(topic.configs, next_.image->overrides_of(settings_.environment.self));
}

partition_internal partition_manager_state::launch(const metadata::topic& topic, partition_id id,
                                                   const metadata::partition& state, bool revived) {
  auto from = std::make_shared<partition_start>();
  from->name = {topic.id, id};
  from->manager = self_->address();
  from->role = role_of(state);
  from->connected.assign(connected_.begin(), connected_.end());
  from->revived = revived;
  from->options = options_of(topic);
  if (auto found = recovered_->find(from->name); found != recovered_->end()) {
    from->recovered = std::move(found->second);
    recovered_->erase(found);
  }
  from->counters = settings_.table->add(topic.id, topic.name, id);
  return self_->spawn<caf::monitored>(partition, settings_.environment, std::move(from));
}

void partition_manager_state::remove_topic(const metadata::topic& topic) {
  settings_.table->remove(topic.id);
  auto leaves = std::make_shared<departure>();
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    topic_partition name{topic.id, partition_id{static_cast<std::int32_t>(i)}};
    auto child = children_.find(name);
    if (child == children_.end())
      continue;
    leaves->gone.partitions.push_back(name);
    settings_.supervision->stopped(partition_manager_state::name, label_of(topic, name.partition));
    if (child->second) {
      self_->send_exit(child->second, caf::exit_reason::user_shutdown);
      leaving_[child->second->id()] = leaves;
      ++leaves->running;
    }
    children_.erase(child);
    backoffs_.erase(name);
  }
  next_.erase_routes(topic.id);
  if (leaves->running == 0 && !leaves->gone.partitions.empty())
    self_->send(settings_.environment.flusher, std::move(leaves->gone));
}

// The topic was deleted, and the node stopped before the files were.
void partition_manager_state::remove_leftovers() {
  remove_partitions gone;
  std::erase_if(*recovered_, [&](auto& found) {
    auto is_gone = !next_.image->find_topic(found.first.topic);
    if (is_gone)
      gone.partitions.push_back(found.first);
    return is_gone;
  });
  if (gone.partitions.empty())
    return;
  spdlog::info("partition_manager: removing {} partitions of deleted topics", gone.partitions.size());
  self_->send(settings_.environment.flusher, std::move(gone));
}

void partition_manager_state::publish() {
  view_ = std::make_shared<broker_view>(next_);
  for (auto& subscriber : subscribers_)
    self_->send(subscriber, view_update{view_});
}

void partition_manager_state::subscribe(const view_subscription& subscription) {
  self_->monitor(subscription.subscriber);
  subscribers_.push_back(subscription.subscriber);
  self_->send(subscription.subscriber, view_update{view_});
}

void partition_manager_state::tick() {
  auto now = settings_.environment.clock->monotonic_ns();
  auto expire = now - last_expiry_ns_ >= settings_.retention_check_interval_ms * ns_per_ms;
  if (expire)
    last_expiry_ns_ = now;
  for (auto& [name, child] : children_)
    if (child)
      self_->send(child, housekeep{expire});
  self_->delayed_send(self_, tick_interval, housekeeping_tick{});
}

void partition_manager_state::on_down(const caf::down_msg& down) {
  if (std::erase_if(subscribers_, [&](auto& one) { return one.address() == down.source; }) > 0)
    return;
  if (auto leaving = leaving_.find(down.source.id()); leaving != leaving_.end()) {
    auto leaves = std::move(leaving->second);
    leaving_.erase(leaving);
    if (--leaves->running == 0)
      self_->send(settings_.environment.flusher, std::move(leaves->gone));
    return;
  }
  auto child = std::find_if(children_.begin(), children_.end(),
                            [&](auto& entry) { return entry.second && entry.second.address() == down.source; });
  if (child != children_.end())
    on_death(child->first, self_->system().render(down.reason));
}

// What the partition had in memory is in the journal, as far as anybody was told so: it comes back from there, after a
// while that grows as long as it keeps dying.
void partition_manager_state::on_death(const topic_partition& name, const std::string& why) {
  auto now_ms = settings_.environment.clock->monotonic_ns() / ns_per_ms;
  std::chrono::milliseconds delay{backoffs_[name].died(now_ms)};
  spdlog::error("partition_manager: partition {} ended ({}): it starts anew in {} ms", name.to_string(), why,
                delay.count());
  if (auto* topic = next_.image->find_topic(name.topic))
    settings_.supervision->ended(partition_manager_state::name, label_of(*topic, name.partition), why, delay.count());
  self_->delayed_send(self_, delay, revive_partition{name});
  children_[name] = nullptr;
  route(name, {});
  publish();
}

void partition_manager_state::revive(const revive_partition& message) {
  if (children_.contains(message.partition))
    self_->send(settings_.environment.flusher, recall_partition{message.partition, self_});
}

void partition_manager_state::restart(partition_recalled& message) {
  auto child = children_.find(message.partition);
  auto* topic = next_.image->find_topic(message.partition.topic);
  if (child == children_.end() || !topic)
    return; // deleted meanwhile
  if (!message.state) {
    spdlog::critical("partition_manager: partition {} cannot be read back: {}", message.partition.to_string(),
                     message.state.error().message());
    stop(caf::exit_reason::unhandled_exception);
    return;
  }
  (*recovered_)[message.partition] = std::move(*message.state);
  child->second = launch(*topic, message.partition.partition, *topic->find_partition(message.partition.partition), true);
  settings_.supervision->restarted(partition_manager_state::name, label_of(*topic, message.partition.partition));
  route(message.partition, child->second);
  publish();
}

void partition_manager_state::route(const topic_partition& name, const partition_internal& to) {
  auto* state = next_.image->find_partition(name);
  auto leads = state && state->leader == settings_.environment.self;
  auto at = static_cast<std::size_t>(name.partition.value());
  auto changed = std::make_shared<std::vector<partition_actor>>(**(leads ? next_.routes : next_.followers).find(name.topic));
  (*changed)[at] = state && holds_replica(*state, settings_.environment.self) ? to : partition_internal{};
  if (leads)
    next_.set_routes(name.topic, std::move(changed));
  else
    next_.set_followers(name.topic, std::move(changed));
}

void partition_manager_state::stop(const caf::error& reason) {
  for (auto& [name, child] : children_)
    if (child) {
      self_->demonitor(child.address());
      self_->send_exit(child, reason);
    }
  self_->quit(reason);
}

partition_manager_actor::behavior_type
partition_manager(partition_manager_actor::stateful_pointer<partition_manager_state> self,
                  partition_manager_settings settings, std::shared_ptr<recovered_partitions> recovered) {
  auto* state = &self->state;
  state->start(std::move(settings), std::move(recovered));
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  self->set_exit_handler([state](caf::exit_msg& message) { state->stop(message.reason); });
  return {
      [state](const metadata_update& m) { state->update(m); },
      [state](const view_subscription& m) { state->subscribe(m); },
      [state](housekeeping_tick) { state->tick(); },
      [state](const revive_partition& m) { state->revive(m); },
      [state](partition_recalled& m) { state->restart(m); },
      [state](const peer_received& m) { state->on_peer(m); },
      [state](const peer_status& m) { state->on_peer_status(m); },
      [state](const isr_proposed& m) { state->on_proposal(m); },
      [state](proposals_due) { state->ask_controller(); },
      [state](const controller_reply& m) { state->on_answer(m); },
  };
}

} // namespace troupe
