#include "actors/controller/raft_driver.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr auto tick_interval = std::chrono::milliseconds{100};
/// Nothing was appended for so long: the log is sealed.
constexpr auto idle_after = std::chrono::milliseconds{1'000};
constexpr auto retry_when_full = std::chrono::milliseconds{100};

storage::durable_entry to_durable(const raft::entry& entry) {
  return {entry.at.index.value(), entry.at.term.value(), entry.payload};
}

raft::entry from_durable(const storage::durable_entry& entry) {
  return {{raft::term{entry.term}, raft::log_index{entry.index}}, entry.payload};
}

} // namespace

result<raft_start> open_raft(storage::file_system& files, const std::string& directory, raft::config config) {
  auto opened = storage::durable_log::open(files, {.directory = directory});
  if (!opened)
    return fail(std::move(opened));
  if (!opened->cut.empty())
    spdlog::warn("raft_driver: {}", opened->cut);
  raft_start start;
  start.log = std::move(opened->log);
  start.config = std::move(config);
  start.restored.state = {raft::term{opened->hard_state.term}, node_id{opened->hard_state.vote},
                          raft::log_index{opened->hard_state.commit}};
  if (opened->snapshot)
    start.restored.snap = {{raft::term{opened->snapshot->term}, raft::log_index{opened->snapshot->index}},
                           opened->snapshot->payload};
  for (auto& entry : opened->entries)
    start.restored.entries.push_back(from_durable(entry));
  return start;
}

void raft_driver_state::start(raft_start from) {
  log_ = std::move(from.log);
  newest_ = from.restored.snap;
  saved_ = from.restored.state;
  alone_ = from.config.voters.size() == 1;
  core_.emplace(std::move(from.config), std::move(from.restored));
}

void raft_driver_state::listen(const raft_listener& message) {
  controller_ = message.controller;
  self_->send(controller_, raft_snapshot{newest_});
  arm();
  if (!alone_)
    self_->delayed_send(self_, tick_interval, raft_tick{});
}

// Proposals that are queued by the time the round begins share its write.
void raft_driver_state::arm() {
  if (controller_ && core_->has_ready() && !std::exchange(armed_, true))
    self_->send(self_, raft_round{});
}

void raft_driver_state::propose(raft_proposal& message) {
  if (auto accepted = core_->propose(std::move(message.payload)); !accepted) {
    spdlog::warn("raft_driver: a proposal was refused: {}", accepted.error().message());
    self_->send(controller_, raft_leadership{false});
    announced_ = false;
  }
  arm();
}

void raft_driver_state::tick() {
  core_->tick();
  arm();
  self_->delayed_send(self_, tick_interval, raft_tick{});
}

void raft_driver_state::run() {
  armed_ = false;
  if (!unsaved_ && !core_->has_ready())
    return;
  auto work = unsaved_ ? std::move(*unsaved_) : core_->take_ready();
  auto was_full = std::exchange(unsaved_, std::nullopt).has_value();
  if (auto done = persist(work); !done) {
    if (done.error() == errc::no_space) {
      unsaved_ = std::move(work);
      wait_for_room(done.error(), was_full);
    } else {
      die(done.error());
    }
    return;
  }
  hand_over(work);
  core_->advance();
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
  if (auto sealed = log_->seal(); sealed)
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

void raft_driver_state::stop(const caf::error& reason) {
  if (auto sealed = log_->seal(); !sealed)
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
  if (work.state && (work.state->current != saved_.current || work.state->vote != saved_.vote)) {
    auto saved = log_->save(storage::durable_hard_state{work.state->current.value(), work.state->vote.value(),
                                                        work.state->commit.value()});
    if (!saved)
      return saved;
    saved_ = *work.state;
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
  if (work.changed)
    leading_since_ = work.changed->role == raft::role::leader ? work.changed->term : raft::term{};
  if (work.committed.empty())
    return;
  handed_over_ = work.committed.back().at.term;
  self_->send(controller_, raft_committed{std::move(work.committed)});
}

// A new leader speaks only once the controller has been given all that was committed before its time: when it
// has got an entry of this term (Raft, section 8).
void raft_driver_state::announce_leadership() {
  auto leads = leading_since_ != raft::term{} && handed_over_ == leading_since_;
  if (leads != announced_) {
    announced_ = leads;
    self_->send(controller_, raft_leadership{leads});
  }
}

void raft_driver_state::compact(const snapshot_taken& message) {
  auto saved =
      log_->save(storage::durable_snapshot{message.at.index.value(), message.at.term.value(), message.state});
  if (saved)
    saved = log_->compact_prefix(message.at.index.value());
  if (!saved) {
    if (saved.error() == errc::no_space)
      spdlog::warn("raft_driver: no room for a snapshot of the metadata: {}", saved.error().message());
    else
      die(saved.error());
    return;
  }
  newest_ = {message.at, message.state};
  core_->compact(newest_);
}

void raft_driver_state::die(const error& why) {
  spdlog::critical("raft_driver: the metadata log cannot be written any more: {}", why.message());
  self_->quit(caf::exit_reason::unhandled_exception);
}

raft_driver_actor::behavior_type raft_driver(raft_driver_actor::stateful_pointer<raft_driver_state> self,
                                             std::shared_ptr<raft_start> from) {
  auto* state = &self->state;
  state->start(std::move(*from));
  self->set_exit_handler([state](caf::exit_msg& message) { state->stop(message.reason); });
  return {
      [state](const raft_listener& m) { state->listen(m); },
      [state](raft_proposal& m) { state->propose(m); },
      [state](const snapshot_taken& m) { state->compact(m); },
      [state](raft_tick) { state->tick(); },
      [state](raft_round) { state->run(); },
      [state](raft_idle_check) { state->seal_when_idle(); },
  };
}

} // namespace troupe
