#include "actors/partition/flusher.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr auto retry_after = std::chrono::milliseconds{500};
/// Checkpoints are not written more often than that: one serves many flushes.
constexpr auto checkpoint_interval = std::chrono::milliseconds{100};

} // namespace

void flusher_state::start(std::shared_ptr<storage::segment_store> segments, disk_actor disk, reader_actor reader,
                          storage_metrics_ptr metrics) {
  metrics_ = std::move(metrics);
  segments_ = std::move(segments);
  disk_ = std::move(disk);
  reader_ = std::move(reader);
}

void flusher_state::add(flush_order& order) {
  clients_.push_back({std::move(order.reply_to), order.request.moves_log_start});
  orders_.push_back(std::move(order.request));
  arm();
}

// The files go once the checkpoint that does not know them is durable; nobody may read them from now on.
void flusher_state::remove(const remove_partitions& message) {
  for (auto& partition : message.partitions) {
    segments_->remove_partition(partition);
    removed_.partitions.push_back(partition);
  }
  self_->send(reader_, partitions_forgotten{message.partitions});
  arm();
}

// The message to itself lands behind the orders that are queued by then: they share syncs and one checkpoint.
void flusher_state::arm() {
  if (!std::exchange(armed_, true))
    self_->send(self_, flush_group{});
}

void flusher_state::flush_all(flush_group why) {
  (why.alarm ? alarm_set_ : armed_) = false;
  auto orders = std::exchange(orders_, {});
  auto clients = std::exchange(clients_, {});
  auto begin = self_->clock().now();
  auto results = segments_->flush(orders);
  if (!orders.empty())
    metrics_->flush_duration.observe(std::chrono::nanoseconds{self_->clock().now() - begin}.count());
  count(orders, results);
  answer(clients, results);
  if (!segments_->checkpoint_due())
    return;
  auto now = self_->clock().now();
  if (now - last_checkpoint_ < checkpoint_interval) {
    wake_after(checkpoint_interval);
    return;
  }
  last_checkpoint_ = now;
  write_checkpoint();
}

void flusher_state::answer(std::vector<client>& clients,
                           std::vector<result<storage::flush_result>>& results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) {
      synced_.ends.emplace_back(results[i]->partition, results[i]->flushed_end);
      reported_full_ = false;
    } else if (results[i].error() == errc::unknown_topic_or_partition) {
      continue; // its topic was deleted while the order was on its way: nobody waits for the answer
    } else if (results[i].error() == errc::no_space) {
      if (!std::exchange(reported_full_, true))
        spdlog::warn("flusher: {}", results[i].error().message());
    } else if (results[i].error() == errc::corrupt || results[i].error() == errc::not_found) {
      // One partition's file is not as it was left. The others go on, and the journal keeps what this one has.
      spdlog::error("flusher: {}", results[i].error().message());
    } else {
      die(results[i].error());
      return;
    }
    flush_done message{std::move(results[i])};
    if (clients[i].waits_for_checkpoint && message.outcome)
      unconfirmed_.emplace_back(std::move(clients[i].actor), std::move(message));
    else
      self_->send(clients[i].actor, std::move(message));
  }
}

void flusher_state::count(const std::vector<storage::flush_request>& orders,
                          const std::vector<result<storage::flush_result>>& results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) {
      metrics_->flush_failures.add_alone();
      continue;
    }
    metrics_->flushes.add_alone();
    metrics_->flushed_bytes.add_alone(orders[i].size_bytes);
    metrics_->removed_segments.add_alone(orders[i].removed.size());
  }
}

void flusher_state::write_checkpoint() {
  if (auto written = segments_->write_checkpoint(); !written) {
    if (written.error() == errc::no_space)
      wake_after(retry_after);
    else
      die(written.error());
    return;
  }
  metrics_->checkpoints.add_alone();
  if (!synced_.ends.empty())
    self_->send(disk_, std::exchange(synced_, {}));
  for (auto& [client, message] : std::exchange(unconfirmed_, {}))
    self_->send(client, std::move(message));
  if (!removed_.partitions.empty())
    self_->send(disk_, std::exchange(removed_, {}));
  if (segments_->checkpoint_due()) // more files to remove than go at once
    wake_after(checkpoint_interval);
}

void flusher_state::wake_after(std::chrono::milliseconds delay) {
  if (!std::exchange(alarm_set_, true))
    self_->delayed_send(self_, delay, flush_group{.alarm = true});
}

void flusher_state::cut(cut_order& order) {
  flush_all({});
  auto done = segments_->cut(order.request);
  auto why = done ? errc::none : done.error().code;
  if (done)
    write_checkpoint();
  if (why == errc::no_space || (done && segments_->checkpoint_due())) { // it is cut again, to the same place
    self_->delayed_send(self_, retry_after, std::move(order));
    return;
  }
  if (why != errc::none && why != errc::corrupt && why != errc::unknown_topic_or_partition) {
    die(done.error());
    return;
  }
  self_->send(reader_, partitions_forgotten{{order.request.partition}}); // what is there next is read anew
  self_->send(order.reply_to, cut_done{std::move(done)});
}

// What cannot be patched is no worse than before: the partition hears of it, and the node goes on.
void flusher_state::patch(const patch_order& order) {
  auto done = segments_->patch(order.patch);
  self_->send(reader_, partitions_forgotten{{order.patch.where.partition}}); // what is there now is read anew
  self_->send(order.reply_to, patch_done{order.round, std::move(done)});
}

// The checkpoint file must say all that was flushed before the partition is read back: else it would be flushed again,
// to places that are taken.
void flusher_state::recall(const recall_partition& message) {
  flush_all({});
  if (segments_->checkpoint_due())
    write_checkpoint();
  if (segments_->checkpoint_due())
    self_->delayed_send(self_, retry_after, message);
  else
    self_->send(disk_, message);
}

void flusher_state::stop(const caf::error& reason) {
  flush_all({});
  if (segments_->checkpoint_due())
    write_checkpoint();
  segments_->close();
  self_->quit(reason);
}

void flusher_state::die(const error& why) {
  spdlog::critical("flusher: segments cannot be written any more: {}", why.message());
  self_->quit(caf::exit_reason::unhandled_exception);
}

flusher_actor::behavior_type flusher(flusher_actor::stateful_pointer<flusher_state> self,
                                     std::shared_ptr<storage::segment_store> segments, disk_actor disk,
                                     reader_actor reader, storage_metrics_ptr metrics) {
  auto* state = &self->state;
  state->start(std::move(segments), std::move(disk), std::move(reader), std::move(metrics));
  self->set_exit_handler([state](caf::exit_msg& message) { state->stop(message.reason); });
  return {
      [state](flush_order& m) { state->add(m); },
      [state](cut_order& m) { state->cut(m); },
      [state](const patch_order& m) { state->patch(m); },
      [state](const remove_partitions& m) { state->remove(m); },
      [state](const recall_partition& m) { state->recall(m); },
      [state](flush_group why) { state->flush_all(why); },
  };
}

} // namespace troupe
