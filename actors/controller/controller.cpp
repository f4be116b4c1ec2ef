#include "actors/controller/controller.hpp"

#include "actors/controller/quorum_change.hpp"
#include "actors/controller/quorum_report.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// A snapshot replaces this much of the log: it bounds the time of a start.
constexpr std::size_t snapshot_after_bytes = 4 * 1024 * 1024;
/// How often it is seen whether preferred replicas may lead again.
constexpr auto election_interval = std::chrono::milliseconds{1'000};
/// At a time, so that no proposal grows without bound and other decisions get their turn.
constexpr std::size_t elections_max = 1'000;

} // namespace

void controller_state::start(controller_settings settings) {
  settings_ = std::move(settings);
  core_.emplace(settings_.config);
  self_->send(settings_.raft, raft_listener{self_});
}

void controller_state::decide(controller_request& request) {
  if (!told_) {
    early_.push_back(std::move(request));
    return;
  }
  if (!leading_) {
    self_->send(request.reply_to, controller_reply{request.tag, errc::not_leader, {}, {}});
    return;
  }
  if (std::holds_alternative<metadata::describe_quorum>(request.what)) {
    self_->spawn(quorum_report, settings_.raft, request.tag, std::move(request.reply_to),
                 settings_.clock->wall().value());
    return;
  }
  if (auto* change = std::get_if<metadata::change_quorum>(&request.what)) {
    self_->spawn(quorum_changer, settings_.raft, request.tag, std::move(request.reply_to), *change);
    return;
  }
  auto decision = core_->decide(request.what, now_ms());
  arm_watch();
  controller_reply reply{request.tag, errc::none, std::move(decision.answer), core_->image()->version()};
  if (decision.records.empty() && parked_.empty()) {
    self_->send(request.reply_to, std::move(reply));
    return;
  }
  // "It exists already" is true once that which makes it exist is committed.
  parked_.push_back({!decision.records.empty(), std::move(request.reply_to), std::move(reply)});
  if (decision.records.empty())
    return;
  self_->send(settings_.raft, raft_proposal{metadata::encode(decision.records)});
}

void controller_state::restore(const raft_snapshot& message) {
  applied_ = message.snapshot.at;
  auto image = metadata::metadata_image::empty();
  if (!message.snapshot.state.empty()) {
    auto read = metadata::decode_snapshot(message.snapshot.state.view());
    if (!read) {
      die(read.error());
      return;
    }
    image = *read;
  }
  core_->restore(image);
  auto delta = std::make_shared<metadata::metadata_delta>();
  delta->everything = true;
  delta->to = image->version();
  self_->send(settings_.cache, metadata_update{image, std::move(delta)});
}

void controller_state::replay(const raft_committed& message) {
  for (auto& entry : message.entries)
    replay(entry);
  take_snapshot_if_due();
}

void controller_state::replay(const raft::entry& entry) {
  applied_ = entry.at;
  if (entry.payload.empty())
    return;
  auto records = metadata::decode(entry.payload.view());
  if (!records) {
    die(records.error());
    return;
  }
  auto delta = core_->replay(*records, metadata::metadata_version{entry.at.index.value()});
  if (!delta) {
    die(delta.error());
    return;
  }
  replayed_bytes_ += entry.payload.size();
  self_->send(settings_.cache, metadata_update{core_->image(), std::make_shared<metadata::metadata_delta>(std::move(*delta))});
  release_replies();
}

// While this node leads, entries come through in the order of its proposals, and nobody else's are among them.
void controller_state::release_replies() {
  if (!leading_ || parked_.empty())
    return;
  do {
    auto& front = parked_.front();
    front.reply.version = core_->image()->version();
    if (front.reply_to)
      self_->send(front.reply_to, std::move(front.reply));
    parked_.pop_front();
  } while (!parked_.empty() && !parked_.front().has_entry);
}

void controller_state::lead(const raft_leadership& message) {
  if (leading_ && !message.leading) {
    refuse_parked(errc::not_leader);
    core_->abandon();
  }
  if (!std::exchange(leading_, message.leading) && leading_) {
    core_->lead(now_ms());
    for (auto& [node, incarnation] : ended_)
      core_->report_dead(node, incarnation); // who died with the leader of before need not fall silent first
    for (auto& [node, since_ms] : silent_since_ms_)
      core_->report_silent(node, since_ms);
    decide_what_is_due();
    arm_watch();
    arm_election();
  }
  told_ = true;
  for (auto& request : std::exchange(early_, {}))
    decide(request);
}

void controller_state::refuse_parked(errc why) {
  for (auto& parked : std::exchange(parked_, {})) {
    parked.reply.code = why;
    if (parked.reply_to)
      self_->send(parked.reply_to, std::move(parked.reply));
  }
}

void controller_state::take_snapshot_if_due() {
  if (replayed_bytes_ < snapshot_after_bytes)
    return;
  replayed_bytes_ = 0;
  self_->send(settings_.raft, snapshot_taken{applied_, metadata::encode_snapshot(*core_->image())});
}

// --- brokers that fall silent, leaders that are better placed ---

void controller_state::on_process_ended(const process_ended& message) {
  auto& ended = ended_[message.node];
  ended.reset();
  if (message.incarnation)
    ended = metadata::broker_incarnation{*message.incarnation};
  core_->report_dead(message.node, ended);
  decide_what_is_due();
}

/// Who fell silent with the leader of before: its time began then, not when this node began to lead.
void controller_state::on_heard(const node_heard& message) {
  if (message.connected) {
    silent_since_ms_.erase(message.node);
    if (auto ended = ended_.find(message.node); ended != ended_.end() && !ended->second)
      ended_.erase(ended); // whoever is there now may be registered before this node leads
    return;
  }
  auto since_ms = now_ms() - message.silent_ms;
  silent_since_ms_[message.node] = since_ms;
  if (!leading_)
    return;
  core_->report_silent(message.node, since_ms);
  decide_what_is_due();
  arm_watch();
}

void controller_state::on_watch_due(broker_watch_due message) {
  if (watch_at_ms_ != message.at_ms)
    return; // an earlier one took its place
  watch_at_ms_.reset();
  decide_what_is_due();
  arm_watch();
}

void controller_state::decide_what_is_due() {
  if (!leading_ || !settings_.watches_brokers)
    return;
  for (auto& command : core_->due(now_ms())) {
    if (auto* fence = std::get_if<metadata::fence_broker>(&command))
      spdlog::warn("controller: broker {} does not live any more: it is fenced", fence->node.value());
    decide_unasked(command);
  }
}

void controller_state::decide_unasked(const metadata::command& what) {
  auto decision = core_->decide(what, now_ms());
  if (!decision.records.empty()) {
    parked_.push_back({true, controller_client{}, {}});
    self_->send(settings_.raft, raft_proposal{metadata::encode(decision.records)});
  }
}

void controller_state::arm_watch() {
  if (!leading_ || !settings_.watches_brokers)
    return;
  auto due_ms = core_->next_due_ms();
  if (!due_ms || (watch_at_ms_ && *watch_at_ms_ <= *due_ms))
    return;
  watch_at_ms_ = *due_ms;
  self_->delayed_send(self_, std::chrono::milliseconds{std::max<std::int64_t>(*due_ms - now_ms(), 1)},
                      broker_watch_due{*due_ms});
}

void controller_state::arm_election() {
  if (settings_.watches_brokers && !std::exchange(election_armed_, true))
    self_->delayed_send(self_, election_interval, leader_election_due{});
}

void controller_state::on_election_due() {
  election_armed_ = false;
  if (!leading_)
    return;
  auto due = core_->elections_due(now_ms());
  if (due.size() > elections_max)
    due.resize(elections_max);
  if (!due.empty())
    decide_unasked(metadata::elect_leaders{metadata::election_kind::preferred, std::move(due)});
  arm_election();
}

void controller_state::die(const error& why) {
  spdlog::critical("controller: the metadata log cannot be applied: {}", why.message());
  self_->quit(caf::exit_reason::unhandled_exception);
}

controller_internal::behavior_type controller(controller_internal::stateful_pointer<controller_state> self,
                                              controller_settings settings) {
  auto* state = &self->state;
  state->start(std::move(settings));
  return {
      [state](controller_request& m) { state->decide(m); },
      [state](const raft_snapshot& m) { state->restore(m); },
      [state](const raft_committed& m) { state->replay(m); },
      [state](const raft_leadership& m) { state->lead(m); },
      [state](const process_ended& m) { state->on_process_ended(m); },
      [state](const node_heard& m) { state->on_heard(m); },
      [state](broker_watch_due m) { state->on_watch_due(m); },
      [state](leader_election_due) { state->on_election_due(); },
  };
}

} // namespace troupe
