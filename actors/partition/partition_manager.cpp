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

} // namespace

void partition_manager_state::start(partition_manager_settings settings,
                                    std::shared_ptr<recovered_partitions> recovered) {
  settings_ = std::move(settings);
  recovered_ = std::move(recovered);
  last_expiry_ns_ = settings_.environment.clock->monotonic_ns();
  self_->delayed_send(self_, tick_interval, housekeeping_tick{});
}

void partition_manager_state::update(const metadata_update& update) {
  next_.image = update.image;
  if (update.delta->everything)
    take_whole_image(*update.image);
  for (auto& removed : update.delta->removed_topics)
    remove_topic(*removed);
  for (auto& change : update.delta->topics)
    if (auto* topic = update.image->find_topic(change.id))
      take_topic(*topic, change.configs);
  publish();
}

void partition_manager_state::take_whole_image(const metadata::metadata_image& image) {
  image.for_each_topic([this](const metadata::topic& topic) { take_topic(topic, true); });
  remove_leftovers();
}

void partition_manager_state::take_topic(const metadata::topic& topic, bool options_changed) {
  auto routes = std::make_shared<std::vector<partition_actor>>(topic.partitions.size());
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    partition_id id{static_cast<std::int32_t>(i)};
    auto& state = topic.partitions[i];
    if (!holds_replica(state, settings_.environment.self))
      continue;
    auto& child = children_[{topic.id, id}];
    if (!child) {
      child = launch(topic, id, state);
    } else {
      self_->send(child, new_leader_epoch{state.leader_epoch});
      if (options_changed)
        self_->send(child, troupe::options_changed{settings_.defaults.resolve(topic.configs)});
    }
    if (state.leader == settings_.environment.self)
      (*routes)[i] = child;
  }
  next_.routes[topic.id] = std::move(routes);
}

partition_internal partition_manager_state::launch(const metadata::topic& topic, partition_id id,
                                                   const metadata::partition& state) {
  auto from = std::make_shared<partition_start>();
  from->name = {topic.id, id};
  from->epoch = state.leader_epoch;
  from->options = settings_.defaults.resolve(topic.configs);
  if (auto found = recovered_->find(from->name); found != recovered_->end()) {
    from->recovered = std::move(found->second);
    recovered_->erase(found);
  }
  return self_->spawn<caf::monitored>(partition, settings_.environment, std::move(from));
}

void partition_manager_state::remove_topic(const metadata::topic& topic) {
  remove_partitions gone;
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    topic_partition name{topic.id, partition_id{static_cast<std::int32_t>(i)}};
    auto child = children_.find(name);
    if (child == children_.end())
      continue;
    self_->demonitor(child->second.address());
    self_->send_exit(child->second, caf::exit_reason::user_shutdown);
    children_.erase(child);
    gone.partitions.push_back(name);
  }
  next_.routes.erase(topic.id);
  if (!gone.partitions.empty())
    self_->send(settings_.environment.flusher, std::move(gone));
}

// The topic was deleted, and the node stopped before the files were.
void partition_manager_state::remove_leftovers() {
  remove_partitions gone;
  for (auto& [name, state] : *recovered_)
    gone.partitions.push_back(name);
  recovered_->clear();
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
  subscribers_.push_back(subscription.subscriber);
  self_->send(subscription.subscriber, view_update{view_});
}

void partition_manager_state::tick() {
  auto now = settings_.environment.clock->monotonic_ns();
  auto expire = now - last_expiry_ns_ >= settings_.retention_check_interval_ms * ns_per_ms;
  if (expire)
    last_expiry_ns_ = now;
  for (auto& [name, child] : children_)
    self_->send(child, housekeep{expire});
  self_->delayed_send(self_, tick_interval, housekeeping_tick{});
}

void partition_manager_state::on_down(const caf::down_msg& down) {
  for (auto& [name, child] : children_)
    if (child.address() == down.source) {
      spdlog::critical("partition_manager: partition {} ended: {}", name.to_string(),
                       self_->system().render(down.reason));
      self_->quit(caf::exit_reason::unhandled_exception);
      return;
    }
}

void partition_manager_state::stop(const caf::error& reason) {
  for (auto& [name, child] : children_) {
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
  };
}

} // namespace troupe
