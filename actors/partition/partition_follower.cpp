// The follower's side of replication: what the leader sends is checked, appended as it is, made durable, and acknowledged by
// the next fetch; what is of another history is cut off.
#include "actors/partition/partition.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe {

std::optional<std::vector<storage::tail_batch>> partition_state::split(const bytes& body, std::uint32_t count) {
  std::vector<storage::tail_batch> batches;
  record::batch_cursor cursor{body.view()};
  for (auto at = cursor.position(); auto batch = cursor.next(); at = cursor.position()) {
    if (!batch->crc_ok())
      return std::nullopt;
    batches.push_back({body.slice(at, batch->size()), storage::facts_of(*batch)});
  }
  if (cursor.position() != body.size() || batches.size() != count)
    return std::nullopt;
  return batches;
}

void partition_state::on_answer(const replica_answered& message) {
  if (!follower_)
    return;
  auto& answer = message.answer;
  auto is_notice = answer.code == replication::replica_code::ask_again;
  if (!is_notice && !follower_->expects(answer)) {
    carry_out(follower_->answered(answer, {}, {}, now_ms()));
    return;
  }
  auto batches = split(message.body, answer.batches);
  if (!batches) {
    carry_out(follower_->unreadable(answer, now_ms()));
    return;
  }
  std::vector<replication::batch_extent> extents;
  for (auto& batch : *batches)
    extents.push_back({batch.facts.base, batch.facts.last, batch.facts.epoch});
  replication::epoch_end own;
  if (answer.code == replication::replica_code::diverged) {
    auto found = log_->end_in_history(answer.diverging.epoch);
    own = {found.epoch, found.end};
  }
  if (!extents.empty() && !is_up_to_date(extents.back().last + 1, answer.high_watermark)
      && throttles(options_.follower_throttled_replicas)) {
    auto& quota = environment_.quotas->follower;
    quota.pay(message.body.size(), environment_.clock->monotonic_ns());
    follower_->hold(ms_up(quota.free_at_ns()));
  }
  carry_out(follower_->answered(answer, extents, own, now_ms()), std::move(*batches));
}

/// Whether it is in sync, or is about to be: it has what is committed.
bool partition_state::is_up_to_date(offset end, offset high_watermark) const {
  auto& isr = role_.state.isr;
  return end >= high_watermark || std::find(isr.begin(), isr.end(), environment_.self) != isr.end();
}

void partition_state::carry_out(replication::follower_effects effects, std::vector<storage::tail_batch> batches) {
  using kind = replication::follower_effect::kind;
  for (auto& effect : effects)
    switch (effect.what) {
    case kind::fetch:
      self_->send(environment_.gate, peer_send{role_.state.leader, peer_service::replication,
                                               replication::encode(follower_->fetch()), {}});
      break;
    case kind::append:
      append_replicated(std::move(batches));
      break;
    case kind::high_watermark:
      known_high_watermark_ = effect.at;
      log_->settle(effect.at);
      wake_readers();
      flush_if_due(false);
      show();
      break;
    case kind::log_start:
      // It goes there when it may: nothing above the high watermark is removed.
      if (log_->delete_records_before(std::min(effect.at, known_high_watermark_), known_high_watermark_))
        send_order(log_->next_deletion(known_high_watermark_));
      break;
    case kind::truncate:
      begin_cut(effect.at, false);
      break;
    case kind::begin_at:
      begin_cut(effect.at, true);
      break;
    case kind::ask_again_at:
      alarm_at_ms_.reset(); // of this follower there is one alarm
      arm(follower_->wake_at_ms());
      break;
    case kind::loses_committed:
      spdlog::critical("partition {}: the leader of epoch {} has another history than this replica, which loses records from "
                       "{} on that were committed",
                       log_->name().to_string(), role_.state.leader_epoch.value(), effect.at.value());
      break;
    case kind::refused_answer:
      spdlog::error("partition {}: node {} sent {}", log_->name().to_string(), role_.state.leader.value(),
                    follower_->complaint());
      break;
    }
}

void partition_state::append_replicated(std::vector<storage::tail_batch> batches) {
  auto now = environment_.clock->wall();
  for (auto& batch : batches) {
    counters_->appended_at_ms.set(now.value());
    log_->append(std::move(batch.data), batch.facts, now);
  }
  write_out();
  if (log_->goes_straight())
    flush_if_due(false);
  touch();
  show();
}

// --- cutting ---

// The core asks for nothing else meanwhile, and roles wait.
void partition_state::begin_cut(offset at, bool anew) {
  spdlog::warn("partition {}: {} from {} to {} is cut off, as the leader of epoch {} has another history",
               log_->name().to_string(), anew ? "everything" : "what lies", at.value(), log_->log_end().value(),
               role_.state.leader_epoch.value());
  cutting_ = cutting{at, anew};
  repair_.forget();
  go_on_cutting();
}

/// The journal first: a crash after that finds no more than what lies below in segments, or all of them.
void partition_state::go_on_cutting() {
  auto& cut = *cutting_;
  if (cut.where == cutting::step::waits) {
    if (log_->flush_outstanding())
      return;
    if (cut.anew) {
      cut.where = cutting::step::in_segments;
      send_order(log_->begin_at(cut.at));
      return;
    }
    cut.at = std::max(cut.at, log_->log_start()); // which may have moved while this waited
    cut.order = log_->truncate(cut.at);
    cut.where = cutting::step::in_journal;
    auto end = cut.order ? cut.at : log_->log_end();
    self_->send(environment_.disk, journal_append{log_->name(), end, end, {}, self_});
  } else if (cut.where == cutting::step::in_journal && cut.order) {
    cut.where = cutting::step::in_segments;
    self_->send(environment_.flusher, cut_order{std::move(*cut.order), self_});
  } else if (cut.where == cutting::step::in_journal || cut.anew) {
    end_cut();
  }
}

void partition_state::on_cut(const cut_done& message) {
  log_->on_cut(message.outcome);
  if (message.outcome) {
    end_cut();
    return;
  }
  spdlog::critical("partition {}: its end cannot be cut off: {}", log_->name().to_string(),
                   message.outcome.error().message());
  stop(caf::exit_reason::unhandled_exception);
}

void partition_state::end_cut() {
  cutting_.reset();
  account_for_memory();
  auto next = std::exchange(next_role_, std::nullopt);
  if (next && !is_same_part(*next)) {
    play(*next);
    return;
  }
  if (next)
    play(*next);
  if (follower_)
    carry_out(follower_->truncated(log_->log_end(), log_->last_record_epoch(), now_ms()));
}

} // namespace troupe
