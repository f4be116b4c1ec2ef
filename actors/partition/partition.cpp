#include "actors/partition/partition.hpp"

#include "runtime/base/check.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

std::uint64_t unsigned_size(std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)); }

} // namespace

storage::log_options log_options_of(const metadata::topic_options& topic, storage::log_options options) {
  options.segment_bytes = unsigned_size(topic.segment_bytes);
  options.segment_ms = topic.segment_ms;
  // Without "delete" in cleanup.policy nothing expires.
  options.retention_ms = topic.cleanup_delete ? topic.retention_ms : -1;
  options.retention_bytes = topic.cleanup_delete ? topic.retention_bytes : -1;
  options.index_interval_bytes = unsigned_size(topic.index_interval_bytes);
  if (topic.producer_id_expiration_ms)
    options.producer_expiration_ms = *topic.producer_id_expiration_ms;
  return options;
}

partition_state::~partition_state() {
  if (memory_)
    environment_.cache->leave(memory_);
}

void partition_state::start(partition_environment environment, partition_start from) {
  environment_ = std::move(environment);
  manager_ = from.manager;
  options_ = from.options;
  counters_ = std::move(from.counters);
  log_.emplace(from.name, log_options_of(options_, environment_.log), std::move(from.recovered));
  connected_ = std::move(from.connected);
  resumes_ = from.revived;
  known_high_watermark_ = log_->log_start();
  play(from.role);
  counters_->log_start.set(log_->log_start().value());
  flush_until_ = log_->flushed_end();
  memory_ = environment_.cache->join(self_->address());
  touch();
  if (log_->unflushed_bytes() > 0)
    self_->send(environment_.disk, journal_member{from.name, self_});
  account_for_memory();
}

void partition_state::durable(const journal_durable& message) {
  if (cutting_) { // nothing else was on its way
    go_on_cutting();
    return;
  }
  log_->mark_durable(message.end);
  if (leader_) {
    auto effects = leader_->durable(message.end);
    show(); // first: whoever is answered and then looks must find it there
    carry_out(effects);
  } else {
    if (follower_)
      carry_out(follower_->durable(message.end, now_ms()));
    show();
  }
  write_out();
  flush_if_due(false);
}

void partition_state::carry_out(replication::effects effects) {
  for (auto& effect : effects)
    switch (effect.what) {
    case replication::effect::kind::high_watermark:
      if (is_replicated())
        log_->settle(effect.at);
      break; // else read from the core when it is needed
    case replication::effect::kind::produce_done: {
      auto& parked = parked_[effect.who];
      parked.reply.code = effect.code;
      self_->send(parked.reply_to, std::move(parked.reply));
      parked.reply_to = nullptr;
      free_parked_.push_back(effect.who);
      break;
    }
    case replication::effect::kind::fetch_ready: {
      auto& client = waiting_.at(effect.who);
      self_->send(client.reply_to, fetch_wakeup{client.tag});
      client.reply_to = nullptr;
      break;
    }
    case replication::effect::kind::answer_replica:
      answer_replica(leader_->answer(effect.who));
      break;
    case replication::effect::kind::propose_isr:
      propose();
      break;
    case replication::effect::kind::lost_records:
      spdlog::error("partition {}: node {} has its log only up to {}, and had said that it has more on disk: it does not "
                    "count as in sync",
                    log_->name().to_string(), effect.who, effect.at.value());
      break;
    }
}

// --- the journal, and moving batches from there to segments ---

void partition_state::write_out() {
  while (auto order = log_->next_for_journal())
    self_->send(environment_.disk, journal_append{log_->name(), order->base, order->end, std::move(order->batch), self_,
                                                  order->flushed});
}

void partition_state::flush_if_due(bool force) {
  force |= flush_until_ > log_->flushed_end();
  send_order(log_->next_flush(environment_.clock->wall(), force));
}

void partition_state::send_order(std::optional<storage::flush_request> order) {
  if (order)
    self_->send(environment_.flusher, flush_order{std::move(*order), self_});
}

void partition_state::flushed(flush_done& message) {
  auto log_start = log_->log_start();
  log_->on_flushed(message.outcome);
  write_out();
  account_for_memory();
  if (log_->log_start() > log_start)
    log_start_moved();
  if (!message.outcome && !follower_) // whose leader has deleted them
    give_up_deletions(message.outcome.error().code);
  if (cutting_) {
    go_on_cutting();
    return;
  }
  // After a failure the order is given again by keep_house or when the journal asks, not at once: the disk is full.
  if (message.outcome) {
    send_order(log_->next_deletion(high_watermark()));
    flush_if_due(false);
  }
}

void partition_state::flush_wanted() {
  if (cutting_) // it takes every answer of the flusher for its own
    return;
  flush_until_ = log_->durable_end();
  flush_if_due(true);
  send_order(log_->repeat_flushed());
}

void partition_state::keep_house(const housekeep& message) {
  if (cutting_)
    return;
  // Followers go by the leader's log start.
  if (message.expire && leader_)
    send_order(log_->expire(environment_.clock->wall(), high_watermark()));
  else
    send_order(log_->next_deletion(high_watermark()));
  flush_if_due(false);
  account_for_memory();
}

// Every partition pays into one account; when it is overdrawn, whoever was not used for longest gives back.
void partition_state::account_for_memory() {
  for (auto& demand : environment_.cache->hold(*memory_, static_cast<std::int64_t>(log_->cached_bytes())))
    if (auto from = caf::actor_cast<partition_internal>(demand.from))
      self_->send(from, give_back_memory{demand.size_bytes});
  show();
}

/// For those who watch.
void partition_state::show() const {
  auto& counters = *counters_;
  auto log_start = log_->log_start().value();
  if (auto shown = counters.log_start.value(); log_start > shown)
    counters.expired_records.add_alone(static_cast<std::uint64_t>(log_start - shown));
  counters.log_start.set(log_start);
  counters.high_watermark.set(high_watermark().value());
  counters.log_end.set(log_->log_end().value());
  counters.size_bytes.set(static_cast<std::int64_t>(log_->size_bytes()));
  counters.unflushed_bytes.set(static_cast<std::int64_t>(log_->unflushed_bytes()));
  counters.cached_bytes.set(static_cast<std::int64_t>(log_->cached_bytes()));
  counters.segments.set(static_cast<std::int64_t>(log_->segment_count()));
  show_followers();
}

void partition_state::show_followers() const {
  std::size_t count = 0;
  if (leader_ && leader_->has_followers())
    leader_->for_each_follower([&](node_id node, offset durable_end) {
      if (count == metrics::followers_shown_max)
        return;
      auto& shown = counters_->followers[count++];
      shown.node.set(node.value());
      shown.log_end.set(durable_end.value());
    });
  counters_->followers_shown.set(static_cast<std::int64_t>(count));
}

void partition_state::give_back(const give_back_memory& message) {
  log_->evict(unsigned_size(message.size_bytes));
  account_for_memory();
}

void partition_state::touch() {
  memory_->used_at_ns.store(environment_.clock->monotonic_ns(), std::memory_order_relaxed);
}

void partition_state::change(const options_changed& message) {
  options_ = message.options;
  log_->options(log_options_of(options_, environment_.log));
  throttle_anew();
  tell_leader();
}

void partition_state::on_down(const caf::down_msg& down) {
  if (down.source == manager_) {
    stop(down.reason);
    return;
  }
  auto client = waiting_.find(down.source.id());
  if (client == waiting_.end())
    return;
  if (client->second.reply_to && leader_)
    leader_->stop_waiting(client->second.place);
  waiting_.erase(client);
}

// Whoever waits must hear that no answer will come: the topic is deleted, or the node stops.
void partition_state::stop(const caf::error& reason) {
  leave_role();
  // Whoever monitors stays in memory as long as the one that is monitored, until he says that he is done.
  if (manager_)
    self_->demonitor(manager_);
  for (auto& [id, client] : waiting_)
    self_->demonitor(client.address);
  self_->quit(reason);
}

errc partition_state::check_epoch(leader_epoch asked) const {
  if (!leader_)
    return errc::not_leader;
  if (asked == no_leader_epoch || asked == leader_->epoch())
    return errc::none;
  return asked < leader_->epoch() ? errc::fenced_leader_epoch : errc::unknown_leader_epoch;
}

partition_internal::behavior_type partition(partition_internal::stateful_pointer<partition_state> self,
                                            partition_environment environment,
                                            std::shared_ptr<partition_start> from) {
  auto* state = &self->state;
  if (from->manager)
    self->monitor(from->manager);
  self->set_down_handler([state](caf::down_msg& down) { state->on_down(down); });
  state->start(std::move(environment), std::move(*from));
  self->set_exit_handler([state](caf::exit_msg& message) { state->stop(message.reason); });
  return {
      [state](append_request& m) { state->append(m); },
      [state](const fetch_request& m) { state->fetch(m); },
      [state](const list_offset_request& m) { state->list_offset(m); },
      [state](const epoch_end_request& m) { state->epoch_end(m); },
      [state](const delete_records_request& m) { state->delete_records(m); },
      [state](const partition_size_request& m) { state->tell_size(m); },
      [state](const active_producers_request& m) { state->tell_producers(m); },
      [state](const journal_durable& m) { state->durable(m); },
      [state](const journal_room& m) { state->room(m); },
      [state](flush_done& m) { state->flushed(m); },
      [state](const search_missed& m) { state->search_missed_on(m); },
      [state](const max_timestamp_known& m) { state->find_max_timestamp(m); },
      [state](flush_now) { state->flush_wanted(); },
      [state](const housekeep& m) { state->keep_house(m); },
      [state](const partition_role& m) { state->play(m); },
      [state](const options_changed& m) { state->change(m); },
      [state](const give_back_memory& m) { state->give_back(m); },
      [state](const replica_asked& m) { state->on_fetch(m); },
      [state](const replica_answered& m) { state->on_answer(m); },
      [state](const replica_connection& m) { state->on_connection(m); },
      [state](const isr_answered& m) { state->on_proposal(m); },
      [state](const replication_alarm& m) { state->on_alarm(m); },
      [state](const cut_done& m) { state->on_cut(m); },
      [state](const rot_found& m) { state->on_rot(m); },
      [state](const repair_asked& m) { state->on_repair_fetch(m); },
      [state](const repair_answered& m) { state->on_repair(m); },
      [state](const repair_late& m) { state->on_late_repair(m); },
      [state](const patch_done& m) { state->on_patch(m); },
  };
}

} // namespace troupe
