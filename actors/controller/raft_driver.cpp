#include "actors/controller/raft_driver.hpp"

#include "runtime/base/random.hpp"
#include "runtime/raft/membership.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr auto tick_interval = std::chrono::milliseconds{100};
/// Nothing was appended for so long: the log is sealed.
constexpr auto idle_after = std::chrono::milliseconds{1'000};
constexpr auto retry_when_full = std::chrono::milliseconds{100};

storage::durable_entry to_durable(const raft::entry& entry) {
  return {entry.at.index.value(), entry.at.term.value(), entry.payload, static_cast<std::uint8_t>(entry.kind)};
}

storage::durable_snapshot to_durable(const raft::snapshot& snapshot) {
  return {snapshot.at.index.value(), snapshot.at.term.value(), snapshot.state, raft::encode(snapshot.members)};
}

result<raft::entry> from_durable(const storage::durable_entry& entry) {
  raft::entry read{{raft::term{entry.term}, raft::log_index{entry.index}}, entry.payload, raft::entry_kind::data};
  if (entry.kind == static_cast<std::uint8_t>(raft::entry_kind::members)) {
    read.kind = raft::entry_kind::members;
    if (auto members = raft::decode_membership(entry.payload.view()); !members)
      return fail(std::move(members));
  } else if (entry.kind != 0) {
    return fail(errc::wrong_format, "an entry of kind " + std::to_string(entry.kind));
  }
  return read;
}

result<raft::snapshot> from_durable(const storage::durable_snapshot& snapshot) {
  raft::snapshot read{{raft::term{snapshot.term}, raft::log_index{snapshot.index}}, snapshot.payload, {}};
  if (snapshot.members.empty())
    return read; // of a time before members were written down
  auto members = raft::decode_membership(snapshot.members.view());
  if (!members)
    return fail(std::move(members));
  read.members = std::move(*members);
  return read;
}

/// The name of the directory's content, drawn if it has none yet.
result<raft::disk_id> name_of(storage::durable_log& log, storage::durable_hard_state& state, const raft::config& config) {
  if (state.disk == 0) {
    random_source random{config.seed ^ static_cast<std::uint64_t>(config.self.value())};
    state.disk = random.next() | 1;
    if (auto saved = log.save(state); !saved)
      return fail(std::move(saved));
  }
  return raft::disk_id{state.disk};
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
  auto disk = name_of(*start.log, opened->hard_state, start.config);
  if (!disk)
    return fail(std::move(disk));
  start.config.disk = *disk;
  start.restored.state = {raft::term{opened->hard_state.term}, node_id{opened->hard_state.vote},
                          raft::log_index{opened->hard_state.commit}};
  if (opened->snapshot) {
    auto snapshot = from_durable(*opened->snapshot);
    if (!snapshot)
      return fail(std::move(snapshot));
    start.restored.snap = std::move(*snapshot);
  }
  for (auto& stored : opened->entries) {
    auto entry = from_durable(stored);
    if (!entry)
      return fail(errc::corrupt, directory + ": entry " + std::to_string(stored.index) + ": " + entry.error().message());
    start.restored.entries.push_back(std::move(*entry));
  }
  return start;
}

void raft_driver_state::start(raft_start from) {
  log_ = std::move(from.log);
  newest_ = from.restored.snap;
  saved_ = from.restored.state;
  disk_ = from.config.disk;
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
                                                        work.state->commit.value(), disk_.value()});
    if (!saved)
      return saved;
    saved_ = *work.state;
  }
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
  if (work.changed)
    leading_since_ = work.changed->role == raft::role::leader ? work.changed->term : raft::term{};
  if (work.install) {
    newest_ = std::move(*work.install);
    if (newest_.at.index > raft::log_index{}) {
      handed_over_ = newest_.at.term;
      self_->send(controller_, raft_snapshot{newest_});
    }
  }
  if (work.committed.empty())
    return;
  handed_over_ = work.committed.back().at.term;
  for (auto& entry : work.committed)
    if (entry.kind == raft::entry_kind::members)
      entry.payload = {}; // nothing for the state machine
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
