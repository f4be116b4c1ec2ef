#include "actors/controller/raft_driver.hpp"

#include "runtime/raft/codec.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr auto tick_interval = std::chrono::milliseconds{raft_tick_ms};
/// Where nobody leads since the leader is known to be dead, or enough voters were not there, whoever asks first follows: one
/// after the other, and not before all have heard of it.
constexpr std::uint64_t campaign_wait_ms = 5;
constexpr std::uint64_t campaign_step_ms = 25;
/// Nothing was appended for so long: the log is sealed.
constexpr auto idle_after = std::chrono::milliseconds{1'000};
constexpr auto retry_when_full = std::chrono::milliseconds{100};

} // namespace

void raft_driver_state::start(raft_start from, peer_gate_actor gate) {
  log_ = std::move(from.log);
  gate_ = std::move(gate);
  newest_ = from.restored.snap;
  saved_ = from.restored.state;
  disk_ = from.config.disk;
  node_ = from.config.self;
  random_ = random_source{from.config.seed};
  core_.emplace(std::move(from.config), std::move(from.restored));
  awaited_vote_ = core_->awaits_vote();
}

void raft_driver_state::listen(const raft_listener& message) {
  controller_ = message.controller;
  self_->send(controller_, raft_snapshot{newest_});
  arm();
  if (!gate_)
    return; // alone: no time needs to pass
  self_->send(controller_, raft_leadership{false});
  self_->send(gate_, peer_subscription{peer_service::raft, self_});
  self_->delayed_send(self_, tick_interval, raft_tick{});
}

void raft_driver_state::subscribe(const quorum_subscription& message) {
  subscribers_.push_back(message.subscriber);
  self_->send(message.subscriber, who_leads());
}

quorum_leader raft_driver_state::who_leads() const {
  auto now = core_->current();
  return {now.leader, now.term, core_->awaits_vote()};
}

void raft_driver_state::tell_subscribers() {
  awaited_vote_ = core_->awaits_vote();
  for (auto& subscriber : subscribers_)
    self_->send(subscriber, who_leads());
}

// Proposals that are queued by the time the round begins share its write.
void raft_driver_state::arm() {
  if (controller_ && core_->has_ready() && !std::exchange(armed_, true))
    self_->send(self_, raft_round{});
}

// Until what was accepted before has come through, this node does not lead for its controller: it would take the entries
// for those of later proposals.
void raft_driver_state::propose(raft_proposal& message) {
  if (auto accepted = core_->propose(std::move(message.payload)); !accepted) {
    spdlog::warn("raft_driver: a proposal was refused: {}", accepted.error().message());
    self_->send(controller_, raft_leadership{false});
    announced_ = false;
    lead_again_at_ = core_->last_index();
  }
  arm();
}

void raft_driver_state::tick() {
  core_->tick();
  announce_leadership();
  arm();
  self_->delayed_send(self_, tick_interval, raft_tick{});
}

// --- other nodes ---

void raft_driver_state::on_peer(const peer_received& message) {
  auto read = raft::decode(message.head);
  if (!read || read->from != message.from) {
    spdlog::warn("raft_driver: node {} sent what is no message of the quorum: {}", message.from.value(),
                 read ? "it speaks for another node" : read.error().message());
    return;
  }
  core_->step(std::move(*read));
  arm();
}

// Whoever leads a process that has ended leads no more; and where nobody leads, the one that has come is one to ask.
void raft_driver_state::on_peer_status(const peer_status& status) {
  auto [known, is_new] = peers_.try_emplace(status.node, status);
  auto is_another = !is_new && status.connected && known->second.incarnation != status.incarnation;
  known->second = status;
  if (status.connected)
    core_->met(status.node);
  auto led = core_->current().leader == status.node;
  if (status.refused || is_another)
    core_->lost(status.node);
  if (core_->current().leader == raft::no_node && (status.connected ? core_->members().has(status.node) : led))
    self_->delayed_send(self_, campaign_wait(), raft_campaign{});
  arm();
}

std::chrono::milliseconds raft_driver_state::campaign_wait() {
  auto& voters = core_->members().voters;
  auto goes_first = [&](auto& v) {
    auto known = peers_.find(v.node);
    return v.node < node_ && known != peers_.end() && known->second.connected;
  };
  auto before = std::count_if(voters.begin(), voters.end(), goes_first);
  return std::chrono::milliseconds{campaign_wait_ms + random_.below(campaign_wait_ms)
                                   + campaign_step_ms * static_cast<std::uint64_t>(before)};
}

void raft_driver_state::campaign() {
  core_->campaign();
  arm();
}

void raft_driver_state::send_all(const std::vector<raft::message>& messages) {
  for (auto& message : messages)
    if (gate_)
      self_->send(gate_, peer_send{message.to, peer_service::raft, raft::encode(message), {}});
}

// --- members ---

void raft_driver_state::change(const quorum_change& message) {
  auto done = message.adds ? core_->add_voter(message.node, message.disk)
                           : core_->remove_voter(message.node, message.disk);
  if (!done)
    self_->send(message.reply_to, quorum_change_reply{message.tag, done.error().code, done.error().detail});
  else if (message.when_committed)
    changes_.push_back({*done, message});
  else
    self_->send(message.reply_to, quorum_change_reply{message.tag, errc::none, {}});
  arm();
}

/// What another leader has put in a change's place undoes it: whoever asked may ask that leader.
void raft_driver_state::answer_changes(const raft::ready& work) {
  auto end = work.committed.empty() ? raft::log_index{} : work.committed.back().at.index;
  if (work.install)
    end = std::max(end, work.install->at.index);
  std::erase_if(changes_, [&](auto& change) {
    if (change.at.index > end)
      return false;
    auto kept = std::any_of(work.committed.begin(), work.committed.end(),
                            [&](auto& entry) { return entry.at == change.at; });
    self_->send(change.asked.reply_to, quorum_change_reply{change.asked.tag, kept ? errc::none : errc::not_leader,
                                                           kept ? "" : "another node leads"});
    return true;
  });
}

void raft_driver_state::describe(const quorum_question& message) {
  quorum_view view{message.tag, who_leads(), core_->commit_index(), core_->last_index(), {}};
  for (auto& v : core_->members().voters)
    view.nodes.push_back({v.node, true, v.node == node_ ? core_->log().stable_index() : raft::log_index{}, 0, v.disk});
  for (auto& other : core_->others()) {
    auto known = std::find_if(view.nodes.begin(), view.nodes.end(), [&](auto& n) { return n.node == other.node; });
    if (known == view.nodes.end())
      view.nodes.push_back(other);
    else
      *known = other;
  }
  self_->send(message.reply_to, std::move(view));
}

void raft_driver_state::hand_over_leadership() {
  if (!core_->is_leader())
    return;
  if (auto begun = core_->transfer_leadership(); !begun)
    spdlog::info("raft_driver: the quorum's leadership stays here: {}", begun.error().message());
  arm();
}

// --- rounds ---

void raft_driver_state::run() {
  armed_ = false;
  if (!unsaved_ && !core_->has_ready())
    return;
  auto was_full = unsaved_.has_value();
  auto work = was_full ? std::move(*unsaved_) : core_->take_ready();
  unsaved_.reset();
  send_all(std::exchange(work.early, {}));
  if (auto done = persist(work); !done) {
    if (done.error() == errc::no_space) {
      unsaved_ = std::move(work);
      wait_for_room(done.error(), was_full);
    } else {
      die(done.error());
    }
    return;
  }
  send_all(work.messages);
  hand_over(work);
  core_->advance();
  if (core_->awaits_vote() != awaited_vote_)
    tell_subscribers();
  announce_leadership();
  arm();
}

// A sealed log tells damage in its last entries from a write that was torn.
void raft_driver_state::seal_when_idle() {
  if (std::exchange(appended_, false)) {
    self_->delayed_send(self_, idle_after, raft_idle_check{});
    return;
  }
  idle_check_armed_ = false;
  if (auto sealed = seal(); sealed)
    return;
  else if (sealed.error() != errc::no_space)
    die(sealed.error());
  else
    expect_idleness();
}

void raft_driver_state::expect_idleness() {
  if (!std::exchange(idle_check_armed_, true))
    self_->delayed_send(self_, idle_after, raft_idle_check{});
}

// A node with peers begins with what is known to be committed, before it has reached any of them.
result<void> raft_driver_state::seal() {
  auto known = std::min(core_->commit_index(), core_->log().stable_index());
  if (gate_ && known > saved_.commit) {
    auto state = saved_;
    state.commit = known;
    if (auto saved = save(state); !saved)
      return saved;
  }
  return log_->seal();
}

result<void> raft_driver_state::save(const raft::hard_state& state) {
  auto saved = log_->save(storage::durable_hard_state{state.current.value(), state.vote.value(), state.commit.value(),
                                                      disk_.value()});
  if (saved)
    saved_ = state;
  return saved;
}

void raft_driver_state::stop(const caf::error& reason) {
  if (auto sealed = seal(); !sealed)
    spdlog::warn("raft_driver: the metadata log was not sealed: {}", sealed.error().message());
  self_->quit(reason);
}

// Nothing was written and nothing is lost: what was proposed waits, and whoever proposed it times out.
void raft_driver_state::wait_for_room(const error& why, bool is_known) {
  if (!is_known)
    spdlog::warn("raft_driver: no room for changes of the metadata: {}", why.message());
  armed_ = true;
  self_->delayed_send(self_, retry_when_full, raft_round{});
}

result<void> raft_driver_state::persist(const raft::ready& work) {
  // The commit index is a hint that the next election finds out again: it is not worth a write.
  if (work.state && (work.state->current != saved_.current || work.state->vote != saved_.vote))
    if (auto saved = save(*work.state); !saved)
      return saved;
  if (work.install) {
    if (auto saved = log_->save(to_durable(*work.install)); !saved)
      return saved;
    if (auto cut = log_->compact_prefix(work.install->at.index.value()); !cut)
      return cut;
  }
  if (work.entries.empty())
    return {};
  if (auto first = work.entries.front().at.index.value(); first <= log_->last_index())
    if (auto cut = log_->truncate_suffix(first); !cut)
      return cut;
  std::vector<storage::durable_entry> entries;
  for (auto& entry : work.entries)
    entries.push_back(to_durable(entry));
  appended_ = true;
  expect_idleness();
  return log_->append(entries);
}

void raft_driver_state::hand_over(raft::ready& work) {
  if (work.changed) {
    leading_since_ = work.changed->role == raft::role::leader ? work.changed->term : raft::term{};
    tell_subscribers();
  }
  answer_changes(work);
  if (work.install) {
    newest_ = std::move(*work.install);
    if (newest_.at.index > raft::log_index{}) {
      handed_over_ = newest_.at;
      self_->send(controller_, raft_snapshot{newest_});
    }
  }
  if (work.committed.empty())
    return;
  handed_over_ = work.committed.back().at;
  for (auto& entry : work.committed)
    if (entry.kind == raft::entry_kind::members)
      entry.payload = {}; // nothing for the state machine
  self_->send(controller_, raft_committed{std::move(work.committed)});
}

// A new leader speaks only once the controller has been given all that was committed before its time: when it
// has got an entry of this term (Raft, section 8).
void raft_driver_state::announce_leadership() {
  auto leads = leading_since_ != raft::term{} && handed_over_.term == leading_since_
               && handed_over_.index >= lead_again_at_ && !core_->is_handing_over();
  if (leads != announced_) {
    announced_ = leads;
    self_->send(controller_, raft_leadership{leads});
  }
}

void raft_driver_state::compact(const snapshot_taken& message) {
  if (message.at.index <= newest_.at.index)
    return; // a newer one has come from the leader
  auto taken = core_->snapshot_at(message.at, message.state);
  auto saved = log_->save(to_durable(taken));
  if (saved)
    saved = log_->compact_prefix(message.at.index.value());
  if (!saved) {
    if (saved.error() == errc::no_space)
      spdlog::warn("raft_driver: no room for a snapshot of the metadata: {}", saved.error().message());
    else
      die(saved.error());
    return;
  }
  newest_ = std::move(taken);
  core_->compact(newest_);
}

void raft_driver_state::die(const error& why) {
  spdlog::critical("raft_driver: the metadata log cannot be written any more: {}", why.message());
  self_->quit(caf::exit_reason::unhandled_exception);
}

raft_driver_actor::behavior_type raft_driver(raft_driver_actor::stateful_pointer<raft_driver_state> self,
                                             std::shared_ptr<raft_start> from, peer_gate_actor gate) {
  auto* state = &self->state;
  state->start(std::move(*from), std::move(gate));
  self->set_exit_handler([state](caf::exit_msg& message) { state->stop(message.reason); });
  return {
      [state](const raft_listener& m) { state->listen(m); },
      [state](raft_proposal& m) { state->propose(m); },
      [state](const snapshot_taken& m) { state->compact(m); },
      [state](const quorum_subscription& m) { state->subscribe(m); },
      [state](const quorum_change& m) { state->change(m); },
      [state](const quorum_question& m) { state->describe(m); },
      [state](hand_over_quorum) { state->hand_over_leadership(); },
      [state](const peer_received& m) { state->on_peer(m); },
      [state](const peer_status& m) { state->on_peer_status(m); },
      [state](raft_tick) { state->tick(); },
      [state](raft_campaign) { state->campaign(); },
      [state](raft_round) { state->run(); },
      [state](raft_idle_check) { state->seal_when_idle(); },
  };
}

} // namespace troupe
