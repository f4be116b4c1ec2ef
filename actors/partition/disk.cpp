#include "actors/partition/disk.hpp"

#include "actors/scheduler/blocking_section.hpp"
#include "runtime/storage/journal_format.hpp"
#include "runtime/storage/partition_recovery.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto idle_after = 100ms;
constexpr auto retry_when_full = 100ms;
/// The flusher may only be behind: producers wait for so long before they are refused.
constexpr auto refuse_when_full_for = 1s;
/// What is written by whoever hands it over: so small, after such a pause, if the last write was as short as that.
constexpr std::size_t small_bytes = 32 * limits::kib;
constexpr auto idle_for = 500us;
constexpr auto soon = 1ms;
/// How many of the newest entries of a group are looked through for one of the same partition.
constexpr std::size_t lookback = 8;

std::size_t body_size_bytes(const journal_append& message) {
  return message.flushed ? storage::journal_flushed_size_bytes : message.batch.size();
}

} // namespace

void disk_state::start(std::shared_ptr<storage::journal> journal, storage::file_system* files, std::string directory,
                       storage_metrics_ptr metrics) {
  journal_ = std::move(journal);
  files_ = files;
  directory_ = std::move(directory);
  metrics_ = std::move(metrics);
  metrics_->journal_files_limit.set(static_cast<std::int64_t>(journal_->options().files_max));
  metrics_->journal_file_bytes.set(static_cast<std::int64_t>(journal_->options().file_size_bytes));
  count_files();
}

void disk_state::append(journal_append& message) {
  auto& member = members_[message.partition];
  if (member.actor != message.reply_to)
    member = {message.reply_to};
  if (goes_ahead(message))
    cuts_.push_back(std::move(message));
  else if (full_ || !waiting_.empty() || !journal_->fits(body_size_bytes(message)))
    waiting_.push_back(std::move(message));
  else
    add_to_group(message);
  if (refusing_)
    say_full(member);
  else if (!full_)
    arm();
}

// What a partition gives up may be just what holds the journal's files: a full journal takes it all the same.
bool disk_state::goes_ahead(const journal_append& message) const {
  return message.is_cut() && !journal_->has_pending(message.partition)
         && std::none_of(waiting_.begin(), waiting_.end(),
                         [&](const journal_append& one) { return one.partition == message.partition; });
}

result<void> disk_state::write_cuts() {
  if (cuts_.empty())
    return {};
  std::vector<std::pair<topic_partition, offset>> ends;
  for (auto& cut : cuts_)
    ends.emplace_back(cut.partition, cut.base_offset);
  if (auto written = journal_->cut(ends); !written)
    return written;
  for (auto& cut : std::exchange(cuts_, {}))
    self_->send(cut.reply_to, journal_durable{cut.next_offset});
  return {};
}

// A partition that was recovered has entries in the journal that nobody else flushes.
void disk_state::add_member(journal_member& message) {
  members_[message.partition] = {std::move(message.reply_to)};
  wake_when_idle();
}

// The message to itself lands behind every append that is queued by then: groups form by themselves.
void disk_state::arm() {
  if (!commit_armed_) {
    commit_armed_ = true;
    self_->send(self_, commit_group{});
  }
}

void disk_state::add_to_group(journal_append& message) {
  if (message.flushed)
    journal_->flushed(message.partition, message.base_offset, message.next_offset, *message.flushed);
  else if (message.is_cut())
    journal_->truncate(message.partition, message.base_offset);
  else
    journal_->append(message.partition, message.base_offset, message.next_offset, message.batch.view());
  remember_acknowledgement(message);
}

void disk_state::remember_acknowledgement(journal_append& message) {
  auto last = group_.rbegin();
  for (std::size_t i = 0; i < lookback && last != group_.rend(); ++i, ++last)
    if (last->partition == message.reply_to) {
      last->end = message.next_offset;
      return;
    }
  group_.push_back({std::move(message.reply_to), message.next_offset});
}

void disk_state::commit() {
  commit_armed_ = false;
  auto size_bytes = journal_->pending_entries() > 0 ? journal_->pending_bytes() : 0;
  auto begin = self_->clock().now();
  auto done = [this] {
    blocking_section waiting{self_->context()};
    return write_cuts().and_then([this] { return journal_->commit(); });
  }();
  if (!done) {
    if (done.error() == errc::no_space)
      out_of_room();
    else
      die(done.error());
    return;
  }
  auto end = self_->clock().now();
  pace_.last_write_ns.store((end - begin).count(), std::memory_order_relaxed);
  pace_.idle_since_ns.store(end.time_since_epoch().count(), std::memory_order_relaxed);
  if (size_bytes > 0) {
    metrics_->journal_writes.add_alone();
    metrics_->journal_bytes.add_alone(size_bytes);
    metrics_->journal_write_duration.observe(std::chrono::nanoseconds{end - begin}.count());
    count_files();
  }
  acknowledge();
  for (auto& [partition, end] : std::exchange(given_up_, {}))
    journal_->truncated(partition, end);
  if (full_)
    room_again();
  active_ = true;
  wake_when_idle();
  if (journal_->pressure())
    ask_for_flushes();
  fill_next_group();
}

void disk_state::count_files() {
  metrics_->journal_files.set(static_cast<std::int64_t>(journal_->ledger().files()));
}

void disk_state::wake_when_idle() {
  if (!std::exchange(idle_armed_, true))
    self_->delayed_send(self_, idle_after, idle_check{});
}

void disk_state::say_full(member& to) {
  if (!std::exchange(to.knows_full, true))
    self_->send(to.actor, journal_room{false});
}

void disk_state::acknowledge() {
  for (auto& to : group_)
    self_->send(to.partition, journal_durable{to.end});
  group_.clear();
}

void disk_state::fill_next_group() {
  while (!waiting_.empty() && journal_->fits(body_size_bytes(waiting_.front()))) {
    add_to_group(waiting_.front());
    waiting_.pop_front();
  }
  if (!group_.empty())
    arm();
}

// Nothing was written and nothing is lost: the group stays pending, and the partitions refuse what comes next.
void disk_state::out_of_room() {
  metrics_->journal_full.add_alone();
  auto now = self_->clock().now();
  if (!std::exchange(full_, true))
    full_since_ = now;
  if (!refusing_ && now - full_since_ >= refuse_when_full_for) {
    refusing_ = true;
    spdlog::warn("disk: the journal has no room: producers are refused until there is");
    for (auto& [partition, member] : members_)
      say_full(member);
  }
  ask_for_flushes();
  if (!commit_armed_) {
    commit_armed_ = true;
    self_->delayed_send(self_, retry_when_full, commit_group{});
  }
  // A log that was cut and written anew may have left a file that nobody needs: no flush would tell of it.
  release();
}

void disk_state::room_again() {
  full_ = false;
  if (!std::exchange(refusing_, false))
    return;
  spdlog::info("disk: the journal has room again");
  for (auto& [partition, member] : members_)
    if (std::exchange(member.knows_full, false))
      self_->send(member.actor, journal_room{true});
}

void disk_state::synced(const segments_synced& message) {
  for (auto& [partition, end] : message.ends)
    journal_->checkpointed(partition, end);
  release();
}

void disk_state::forget(const partitions_forgotten& message) {
  for (auto& partition : message.partitions) {
    drop_waiting(partition);
    journal_->forget(partition);
    members_.erase(partition);
  }
  release();
}

void disk_state::drop_waiting(const topic_partition& partition) {
  auto is_its = [&](const journal_append& one) { return one.partition == partition; };
  std::erase_if(waiting_, is_its);
  std::erase_if(cuts_, is_its);
}

void disk_state::release() {
  auto recycled = journal_->release();
  count_files();
  if (!recycled) {
    die(recycled.error());
    return;
  }
  if (*recycled > 0 && full_)
    commit();
  else if (*recycled > 0 && journal_->pressure())
    ask_for_flushes();
}

void disk_state::ask_for_flushes() {
  auto oldest = journal_->ledger().oldest();
  if (asked_for_ == oldest && !full_)
    return;
  asked_for_ = oldest;
  // All older files at once: a partition flushes once for all that it has in them.
  for (auto& partition : journal_->ledger().partitions_holding(journal_->options().files_max / 2))
    if (auto member = members_.find(partition); member != members_.end())
      self_->send(member->second.actor, flush_now{});
}

void disk_state::idle() {
  idle_armed_ = false;
  if (journal_->pressure())
    ask_for_flushes();
  if (std::exchange(active_, false)) {
    wake_when_idle();
    return;
  }
  if (auto sealed = journal_->seal(); !sealed) {
    if (sealed.error() != errc::no_space)
      die(sealed.error());
    return;
  }
  auto more = journal_->prepare_next_file();
  if (!more) {
    die(more.error());
  } else if (*more) {
    idle_armed_ = true;
    self_->send(self_, idle_check{});
  }
}

// The group goes out first: what is acknowledged from it must be found again. If there is no room for it, what the dead
// actor has in it was not acknowledged and is given up: it will reach the journal, but nobody will flush it.
void disk_state::recall(const recall_partition& message) {
  commit();
  drop_waiting(message.partition);
  auto found = storage::recover_partition(*files_, directory_, journal_->options(), message.partition,
                                          [](const std::string& damage) { spdlog::error("disk: {}", damage); });
  if (found && !group_.empty())
    given_up_[message.partition] = found->tail.empty() ? found->checkpoint.flushed_end : found->tail.back().facts.end();
  self_->send(message.reply_to, partition_recalled{message.partition, std::move(found)});
}

// What partitions have handed over becomes durable, though nobody is left to tell.
void disk_state::stop(const caf::error& reason) {
  auto done = write_cuts().and_then([this] { return journal_->commit(); });
  if (done)
    if (auto sealed = journal_->seal(); !sealed)
      done = tl::unexpected<error>(std::move(sealed.error()));
  if (!done)
    spdlog::error("disk: the last write before the stop failed: {}", done.error().message());
  self_->quit(reason);
}

void disk_state::die(const error& why) {
  spdlog::critical("disk: the journal cannot be written any more: {}", why.message());
  self_->quit(caf::exit_reason::unhandled_exception);
}

disk_actor::behavior_type disk(disk_actor::stateful_pointer<disk_state> self, std::shared_ptr<storage::journal> journal,
                               storage::file_system* files, std::string directory, storage_metrics_ptr metrics) {
  auto* state = &self->state;
  state->start(std::move(journal), files, std::move(directory), std::move(metrics));
  self->set_exit_handler([state](caf::exit_msg& message) { state->stop(message.reason); });
  return {
      [state](journal_append& m) { state->append(m); },
      [state](journal_member& m) { state->add_member(m); },
      [state](const segments_synced& m) { state->synced(m); },
      [state](const partitions_forgotten& m) { state->forget(m); },
      [state](const recall_partition& m) { state->recall(m); },
      [state](commit_group) { state->commit(); },
      [state](idle_check) { state->idle(); },
  };
}

// --- the actor with a thread of its own ---

threaded_disk::threaded_disk(caf::actor_config& config, std::shared_ptr<storage::journal> journal,
                             storage::file_system* files, std::string directory, storage_metrics_ptr metrics)
    : super(config), begin_([this, journal = std::move(journal), files, directory = std::move(directory),
                             metrics = std::move(metrics)] { return disk(this, journal, files, directory, metrics); }) {}

threaded_disk::behavior_type threaded_disk::make_behavior() { return std::exchange(begin_, {})(); }

/// A partition hands over a small batch, and nothing has been written for a moment.
bool threaded_disk::is_written_by_sender(const caf::mailbox_element& what, caf::execution_unit* context) const {
  if (!what.content().match_elements<journal_append>() || !is_worker(context))
    return false;
  auto& message = what.content().get_as<journal_append>(0);
  if (message.flushed || message.batch.size() > small_bytes)
    return false;
  auto now = home_system().clock().now().time_since_epoch().count();
  auto& pace = state.pace();
  return now - pace.idle_since_ns.load(std::memory_order_relaxed) >= std::chrono::nanoseconds{idle_for}.count()
         && pace.last_write_ns.load(std::memory_order_relaxed) <= std::chrono::nanoseconds{soon}.count();
}

void threaded_disk::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* context) {
  if (!what || !is_written_by_sender(*what, context)) {
    super::enqueue(std::move(what), context);
    return;
  }
  if (mailbox().push_back(std::move(what)) == caf::intrusive::inbox_result::unblocked_reader) {
    caf::intrusive_ptr_add_ref(ctrl());
    context->exec_later(this);
  }
}

} // namespace troupe
