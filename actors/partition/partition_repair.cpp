// Rot: what a replica cannot read any more from its own segments it takes from another replica and puts back in its place.
#include "actors/partition/partition.hpp"
#include "actors/partition/replica_read.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

/// The leader first: it has everything. Then who is in sync.
std::vector<node_id> partition_state::who_may_have_it() const {
  std::vector<node_id> nodes;
  auto add = [&](node_id node) {
    if (node != environment_.self && is_connected(node) && std::find(nodes.begin(), nodes.end(), node) == nodes.end())
      nodes.push_back(node);
  };
  add(role_.state.leader);
  for (auto& some : {role_.state.isr, role_.state.replicas})
    for (auto node : some)
      add(node);
  return nodes;
}

void partition_state::on_rot(const rot_found& message) {
  auto& where = message.where;
  if (!environment_.gate || cutting_ || where.end <= log_->log_start() || where.end > log_->flushed_end())
    return;
  auto question = repair_.found({where.from, where.end, where.size_bytes}, who_may_have_it(), now_ms());
  if (!question)
    return;
  rot_ = where;
  spdlog::warn("partition {}: {} to {} rotted, {} bytes of segment {} at {}: another replica is asked for them",
               log_->name().to_string(), where.from.value(), where.end.value(), where.size_bytes, where.segment.value(),
               where.position);
  ask_for_lost(question);
}

void partition_state::ask_for_lost(const replication::repair_core::question& question) {
  if (!question)
    return;
  auto& lost = repair_.range();
  replication::repair_fetch fetch;
  fetch.partition = log_->name();
  fetch.epoch = std::max(role_.state.leader_epoch, leader_epoch{0});
  fetch.round = question->round;
  fetch.from = lost.from;
  fetch.end = lost.end;
  fetch.max_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(lost.size_bytes, replication::records_max_bytes));
  self_->send(environment_.gate, peer_send{question->to, peer_service::replication, replication::encode(fetch), {}});
  self_->delayed_send(self_, std::chrono::milliseconds{replication::repair_core::answer_max_ms},
                      repair_late{question->round});
}

/// Another replica asks. Any one may answer: who asked compares epochs.
void partition_state::on_repair_fetch(const repair_asked& message) {
  auto& fetch = message.fetch;
  replication::repair_records answer{log_->name(), fetch.epoch, fetch.round, replication::replica_code::none, 0, 0};
  std::vector<bytes> records;
  auto from = std::max(fetch.from, log_->log_start());
  auto end = std::min(fetch.end, log_->durable_end());
  auto plan = from < end && !cutting_ ? log_->read(from, end, fetch.max_bytes, true)
                                      : result<storage::read_plan>{storage::read_plan{}};
  if (plan && plan->segment) {
    self_->spawn(replica_read, environment_, std::move(*plan->segment), message.from, answer, false, self_);
    return;
  }
  if (plan && !plan->batches.empty()) {
    records = std::move(plan->batches);
    answer.batches = static_cast<std::uint32_t>(records.size());
    answer.size_bytes = static_cast<std::uint32_t>(plan->size_bytes);
  } else {
    answer.code = replication::replica_code::failed;
  }
  self_->send(environment_.gate,
              peer_send{message.from, peer_service::replication, replication::encode(answer), std::move(records)});
}

void partition_state::on_repair(const repair_answered& message) {
  if (!repair_.expects(message.from, message.answer.round))
    return;
  auto batches = split(message.body, message.answer.batches);
  std::vector<replication::batch_extent> extents;
  for (auto& batch : batches.value_or(std::vector<storage::tail_batch>{}))
    extents.push_back({batch.facts.base, batch.facts.last, batch.facts.epoch});
  auto start = log_->log_start();
  auto place = repair_.place(extents, message.body.size(),
                             [&](offset at) { return log_->epoch_at(std::max(at, start)); });
  if (!place) {
    spdlog::warn("partition {}: node {} cannot give {} to {} back", log_->name().to_string(), message.from.value(),
                 rot_.from.value(), rot_.end.value());
    ask_for_lost(repair_.refused(now_ms()));
    return;
  }
  auto where = rot_;
  where.position += *place;
  where.size_bytes -= *place;
  repair_.patching();
  self_->send(environment_.flusher, patch_order{{where, {message.body}}, repair_.round(), self_});
}

void partition_state::on_patch(const patch_done& message) {
  repair_.patched(message.round, message.outcome.has_value(), now_ms());
  if (message.outcome)
    spdlog::info("partition {}: what rotted is back in its place", log_->name().to_string());
  else
    spdlog::error("partition {}: what rotted cannot be put back: {}", log_->name().to_string(),
                  message.outcome.error().message());
}

} // namespace troupe
