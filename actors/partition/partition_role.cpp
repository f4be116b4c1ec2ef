// Which part a replica plays, as the metadata say: it leads, follows, or waits for a leader.
#include "actors/partition/partition.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// For so long a producer may wait for an answer of the leader of before, and have sent on what comes behind.
constexpr std::int64_t young_ms = 10'000;

constexpr offset no_limit{std::numeric_limits<std::int64_t>::max()};

replication::partition_state state_of(const metadata::partition& p) {
  return {replication::partition_epoch{p.partition_epoch.value()}, p.isr, p.elr, p.replicas};
}

} // namespace

// The leader's epoch tells roles apart; what changes within one is for the leader.
void partition_state::play(const partition_role& role) {
  if (cutting_) {
    next_role_ = role;
    return;
  }
  if (role.state.leader_epoch < role_.state.leader_epoch)
    return;
  auto goes_on = (leader_ || follower_) && is_same_part(role);
  if (!goes_on)
    leave_role();
  role_ = role;
  log_->may_be_cut(is_replicated());
  if (goes_on)
    tell_leader();
  else if (role.state.leader == environment_.self)
    lead();
  else if (role.state.leader != metadata::no_leader)
    follow();
}

bool partition_state::is_same_part(const partition_role& role) const {
  return role.state.leader_epoch == role_.state.leader_epoch && role.state.leader == role_.state.leader
         && role.self_epoch == role_.self_epoch;
}

offset partition_state::high_watermark() const {
  return leader_ ? leader_->high_watermark() : known_high_watermark_;
}

std::int32_t partition_state::min_insync_replicas() const {
  return metadata::effective_min_insync(options_, role_.state.replication_factor());
}

bool partition_state::is_connected(node_id node) const {
  return std::find(connected_.begin(), connected_.end(), node) != connected_.end();
}

void partition_state::leave_role() {
  alarm_at_ms_.reset();
  if (follower_) {
    known_high_watermark_ = follower_->high_watermark();
    rounds_ = std::max(rounds_, follower_->round());
    follower_.reset();
    wake_readers(); // they ask again, whoever answers then
  }
  if (!leader_)
    return;
  known_high_watermark_ = leader_->high_watermark();
  carry_out(leader_->resign(errc::not_leader));
  give_up_deletions(errc::not_leader);
  leader_.reset();
  show_followers();
  refused_ = {};
  log_->stop_leading();
}

void partition_state::lead() {
  auto& state = role_.state;
  replication::leader_start start;
  start.self = environment_.self;
  start.epoch = state.leader_epoch;
  start.replicas = state.replicas;
  start.isr = state.isr;
  start.elr = state.elr;
  start.partition_epoch = replication::partition_epoch{state.partition_epoch.value()};
  start.min_insync_replicas = min_insync_replicas();
  start.log_start = log_->log_start();
  start.log_end = log_->log_end();
  // What is still on its way to the disk counts when it is there; those who sent it were answered by then.
  start.durable_end = log_->durable_end();
  // Alone, all that is durable is committed. With others it takes them to know, beyond what is known already.
  start.high_watermark = is_replicated() ? std::max(known_high_watermark_, log_->log_start()) : log_->durable_end();
  start.self_epoch = role_.self_epoch;
  start.now_ms = now_ms();
  start.lag_max_ms = environment_.lag_max_ms;
  start.resumes = std::exchange(resumes_, false);
  start.first_attempt = static_cast<std::uint64_t>(environment_.clock->monotonic_ns());
  leader_.emplace(std::move(start));
  young_until_ms_ = state.leader_epoch > leader_epoch{0} ? now_ms() + young_ms : 0;
  log_->start_epoch(state.leader_epoch);
  log_->settle(is_replicated() ? leader_->high_watermark() : no_limit);
  tell_leader();
  call_followers();
}

/// What the metadata say of a leadership that goes on.
void partition_state::tell_leader() {
  if (!leader_)
    return;
  if (is_replicated()) {
    log_->settle(leader_->high_watermark());
    carry_out(leader_->brokers(role_.brokers, now_ms()));
  }
  carry_out(leader_->changed(state_of(role_.state), min_insync_replicas(), now_ms()));
  if (is_replicated()) // once more, of replicas that were not known before
    carry_out(leader_->brokers(role_.brokers, now_ms()));
  answer_deletions();
  arm(leader_->next_tick_ms());
}

void partition_state::follow() {
  if (!environment_.gate)
    return;
  replication::follower_start start;
  start.partition = log_->name();
  start.self = environment_.self;
  start.broker_epoch = role_.self_epoch;
  start.epoch = role_.state.leader_epoch;
  start.log_start = log_->log_start();
  start.log_end = log_->log_end();
  start.durable_end = log_->durable_end();
  start.last_epoch = log_->last_record_epoch();
  start.high_watermark = known_high_watermark_;
  // Also above what earlier processes of this node, or actors of this one, have used.
  auto clock_ns = environment_.clock->wall().value() * ns_per_ms + environment_.clock->monotonic_ns() % ns_per_ms;
  rounds_ = std::max(rounds_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(clock_ns, 1)));
  start.first_round = rounds_;
  start.connected = is_connected(role_.state.leader);
  start.gaps_allowed = options_.cleanup_compact;
  start.seed = rounds_;
  follower_.emplace(start);
  log_->settle(known_high_watermark_);
  carry_out(follower_->begin(now_ms()));
}

void partition_state::on_connection(const replica_connection& message) {
  if (message.connected == is_connected(message.node))
    return;
  if (message.connected)
    connected_.push_back(message.node);
  else
    std::erase(connected_, message.node);
  if (leader_ && is_replicated()) {
    if (!message.connected)
      carry_out(leader_->disconnected(message.node, now_ms()));
    arm(leader_->next_tick_ms());
  } else if (follower_ && message.node == role_.state.leader) {
    carry_out(follower_->connected(message.connected, now_ms()));
  }
}

/// A core wants to look at the time then.
void partition_state::arm(std::optional<std::int64_t> at_ms) {
  if (!at_ms || (alarm_at_ms_ && *alarm_at_ms_ <= *at_ms))
    return;
  alarm_at_ms_ = *at_ms;
  std::chrono::milliseconds wait{std::max<std::int64_t>(*at_ms - now_ms(), 1)};
  self_->delayed_send(self_, wait, replication_alarm{*at_ms});
}

void partition_state::on_alarm(const replication_alarm& message) {
  if (alarm_at_ms_ != message.at_ms)
    return; // an earlier one took its place
  alarm_at_ms_.reset();
  if (follower_)
    carry_out(follower_->tick(now_ms()));
  if (!leader_)
    return;
  carry_out(leader_->tick(now_ms()));
  arm(leader_->next_tick_ms());
}

} // namespace troupe
