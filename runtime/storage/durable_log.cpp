#include "runtime/storage/durable_log.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"
#include "runtime/base/cursor.hpp"
#include "runtime/storage/durable_log_format.hpp"
#include "runtime/storage/durable_log_scan.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::storage {

namespace {

constexpr open_options durable_open{.write = true, .data_sync = true};
constexpr open_options durable_create{.create = true, .write = true, .data_sync = true};

std::string state_path(const std::string& directory) { return directory + "/state"; }
std::string snapshot_path(const std::string& directory) { return directory + "/snapshot"; }

/// The state; a fresh one, made durable, if the log is new.
result<durable_hard_state> load_state(file_system& fs, const std::string& directory, bool is_new) {
  auto path = state_path(directory);
  auto content = read_file(fs, path, limits::mib);
  if (content)
    return decode_durable_hard_state(*content, path);
  if (content.error() != errc::not_found)
    return fail(std::move(content));
  if (!is_new)
    return fail(errc::corrupt, path + " is missing");
  durable_hard_state fresh;
  if (auto written = write_file_atomically(fs, path, encode(fresh)); !written)
    return fail(std::move(written));
  return fresh;
}

result<std::optional<durable_snapshot>> load_snapshot(file_system& fs, const std::string& directory) {
  auto path = snapshot_path(directory);
  auto content = read_file(fs, path, durable_snapshot_max_bytes);
  if (!content && content.error() == errc::not_found)
    return std::nullopt;
  if (!content)
    return fail(std::move(content));
  auto snapshot = decode_durable_snapshot(*content, path);
  if (!snapshot)
    return fail(std::move(snapshot));
  return std::optional{std::move(*snapshot)};
}

/// Drops what the snapshot covers, and everything if the log took another way than the snapshot.
void drop_covered(std::deque<durable_entry>& entries, const durable_snapshot& snapshot) {
  if (entries.empty())
    return;
  if (entries.back().index < snapshot.index) {
    entries.clear();
  } else if (entries.front().index <= snapshot.index) {
    auto last = entries.begin() + static_cast<std::ptrdiff_t>(snapshot.index - entries.front().index);
    entries.erase(entries.begin(), last->term == snapshot.term ? last + 1 : entries.end());
  }
}

} // namespace

durable_log::durable_log(file_system& fs, durable_log_options options) : fs_(fs), options_(std::move(options)) {}

durable_log::~durable_log() = default;

std::string durable_log::path_of(std::uint64_t number) const {
  return options_.directory + "/" + durable_segment_name(number);
}

tl::unexpected<error> durable_log::broken(error why) {
  if (why.code != errc::no_space && why.code != errc::busy)
    poison_ = why;
  return tl::unexpected<error>(std::move(why));
}

// --- opening ---

result<void> durable_log::check(file_system& fs, const std::string& directory) {
  auto found = scan_durable_log(fs, directory);
  if (!found && found.error() == errc::not_found)
    return {};
  if (!found)
    return fail(std::move(found));
  auto snapshot = load_snapshot(fs, directory);
  if (!snapshot)
    return fail(std::move(snapshot));
  if (found->segments.empty() && !*snapshot)
    return {};
  auto content = read_file(fs, state_path(directory), limits::mib);
  if (!content)
    return fail(std::move(content));
  auto state = decode_durable_hard_state(*content, state_path(directory));
  if (!state)
    return fail(std::move(state));
  auto covered = *snapshot ? (*snapshot)->index : 0;
  auto last = found->entries.empty() ? covered : std::max(covered, found->entries.back().index);
  if (last < state->commit)
    return fail(errc::corrupt, directory + ": the log ends at entry " + std::to_string(last) + ", but entries up to "
                                 + std::to_string(state->commit) + " were committed");
  return {};
}

result<durable_log::opened> durable_log::open(file_system& fs, durable_log_options options) {
  auto& directory = options.directory;
  if (auto made = fs.make_directories(directory); !made)
    return fail(std::move(made));
  auto found = scan_durable_log(fs, directory);
  if (!found)
    return fail(std::move(found));
  auto snapshot = load_snapshot(fs, directory);
  if (!snapshot)
    return fail(std::move(snapshot));
  auto state = load_state(fs, directory, found->segments.empty() && !*snapshot);
  if (!state)
    return fail(std::move(state));
  auto covered = *snapshot ? (*snapshot)->index : 0;
  if (!found->entries.empty() && found->entries.front().index > covered + 1)
    return fail(errc::corrupt, directory + ": the entries " + std::to_string(covered + 1) + " to "
                                 + std::to_string(found->entries.front().index - 1) + " are missing");
  if (*snapshot)
    drop_covered(found->entries, **snapshot);
  std::unique_ptr<durable_log> log{new durable_log(fs, std::move(options))};
  log->snapshot_index_ = covered;
  log->last_index_ = found->entries.empty() ? covered : found->entries.back().index;
  if (log->last_index_ < state->commit)
    return fail(errc::corrupt, log->options_.directory + ": the log ends at entry " + std::to_string(log->last_index_)
                                 + ", but entries up to " + std::to_string(state->commit) + " were committed"
                                 + (found->cut.empty() ? "" : "; " + found->cut));
  for (auto& entry : found->entries)
    log->terms_.push_back(entry.term);
  if (auto adopted = log->adopt(*found); !adopted)
    return fail(std::move(adopted));
  return opened{std::move(log), *state, std::move(*snapshot), {found->entries.begin(), found->entries.end()},
                std::move(found->cut)};
}

result<void> durable_log::adopt(const durable_log_scan& found) {
  next_sequence_ = found.next_sequence;
  sealed_ = found.last_is_seal;
  for (auto& s : found.segments)
    segments_.push_back({s.number, s.max_index});
  if (!found.unfinished.empty())
    if (auto removed = fs_.remove(found.unfinished); !removed)
      return removed;
  // What a killed process wrote may have been read from a cache: it counts from now on, so it must be durable.
  if (auto synced = fs_.sync_directory(options_.directory); !synced)
    return synced;
  if (segments_.empty())
    return begin_segment();
  auto handle = fs_.open(path_of(segments_.back().number), durable_open);
  if (!handle)
    return fail(std::move(handle));
  current_ = std::move(*handle);
  position_ = found.end_position;
  if (auto done = found.cut.empty() ? current_->sync() : undo_write(); !done)
    return done;
  restart_due_ = found.next_index != 0 && found.next_index != last_index_ + 1;
  // From here on damage in the last group is never mistaken for a torn write.
  return seal();
}

// --- files ---

/// Removes what a write has left that failed, so that it is not in the way of the next one. A disk that is full may
/// refuse even that: then it is due before the next write.
result<void> durable_log::undo_write() {
  undo_due_ = true;
  auto done = current_->truncate(position_);
  if (done)
    done = current_->sync();
  undo_due_ = !done;
  return done;
}

result<void> durable_log::begin_segment() {
  auto number = segments_.empty() ? 1 : segments_.back().number + 1;
  auto path = path_of(number);
  auto handle = fs_.open(path, durable_create);
  if (!handle)
    return fail(std::move(handle));
  aligned_buffer block;
  encode({durable_format_version, number, next_sequence_}, block.extend(block_size_bytes));
  auto done = (*handle)->truncate(0);
  if (done)
    done = (*handle)->write_at(0, block.view());
  if (done)
    done = fs_.sync_directory(options_.directory);
  if (!done) {
    // The next attempt begins it anew; whether it can be removed makes no difference.
    static_cast<void>(fs_.remove(path));
    return done;
  }
  segments_.push_back({number, 0});
  current_ = std::move(*handle);
  position_ = block_size_bytes;
  return {};
}

result<void> durable_log::compact_prefix(std::uint64_t index) {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  CHECK(index <= snapshot_index_, "only what the snapshot covers is given up");
  auto old = [&](const segment& s) { return s.max_index <= index; };
  if (old(segments_.back()) && position_ > options_.segment_size_bytes / 2)
    if (auto begun = begin_segment(); !begun)
      return broken(std::move(begun).error());
  while (segments_.size() > 1 && old(segments_.front())) {
    auto removed = fs_.remove(path_of(segments_.front().number));
    if (removed || removed.error() == errc::not_found)
      removed = fs_.sync_directory(options_.directory); // one by one: no crash leaves a gap
    if (!removed)
      return broken(std::move(removed).error());
    segments_.pop_front();
  }
  return {};
}

// --- groups ---

void durable_log::begin_group() {
  group_.clear();
  group_.extend(durable_group_header_size_bytes);
}

result<void> durable_log::write_group(durable_group_kind kind, std::uint64_t index, std::uint32_t count) {
  if (undo_due_)
    if (auto undone = undo_write(); !undone)
      return broken(std::move(undone).error());
  if (position_ >= options_.segment_size_bytes)
    if (auto begun = begin_segment(); !begun)
      return broken(std::move(begun).error());
  group_.pad();
  durable_group_header header{kind, segments_.back().number, next_sequence_, index,
                              static_cast<std::uint32_t>(group_.size()), count,
                              crc32c(group_.view().substr(durable_group_header_size_bytes))};
  encode(header, group_.data());
  if (auto written = current_->write_at(position_, group_.view()); !written) {
    if (written.error() == errc::no_space)
      if (auto undone = undo_write(); !undone)
        return broken(std::move(undone).error());
    return broken(std::move(written).error());
  }
  position_ += group_.size();
  ++next_sequence_;
  sealed_ = kind == durable_group_kind::seal;
  return {};
}

result<void> durable_log::append(std::span<const durable_entry> entries) {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  if (entries.empty())
    return {};
  if (restart_due_)
    if (auto marked = mark(durable_group_kind::restart, last_index_ + 1); !marked)
      return marked;
  restart_due_ = false;
  begin_group();
  auto index = last_index_;
  for (auto& entry : entries) {
    CHECK(entry.index == ++index, "entries follow each other without a gap");
    CHECK(entry.payload.size() < durable_entry_max_bytes && entry.kind <= durable_entry_kind_max);
    auto* to = group_.extend(durable_entry_header_size_bytes);
    store_be(to, entry.index);
    store_be(to + 8, entry.term);
    store_be(to + 16, entry.kind * durable_entry_max_bytes + static_cast<std::uint32_t>(entry.payload.size()));
    group_.append(entry.payload.view());
  }
  auto written = write_group(durable_group_kind::entries, entries.front().index,
                             static_cast<std::uint32_t>(entries.size()));
  if (!written)
    return written;
  last_index_ = index;
  for (auto& entry : entries)
    terms_.push_back(entry.term);
  auto& newest = segments_.back();
  newest.max_index = std::max(newest.max_index, last_index_);
  return {};
}

result<void> durable_log::mark(durable_group_kind kind, std::uint64_t index) {
  begin_group();
  return write_group(kind, index, 0);
}

result<void> durable_log::truncate_suffix(std::uint64_t index) {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  CHECK(index > snapshot_index_, "what the snapshot covers is not removed");
  if (index > last_index_)
    return {};
  CHECK(!restart_due_, "there is no entry to remove before the first one is written");
  if (auto marked = mark(durable_group_kind::truncate, index); !marked)
    return marked;
  terms_.resize(static_cast<std::size_t>(index - 1 - snapshot_index_));
  last_index_ = index - 1;
  return {};
}

result<void> durable_log::seal() {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  return sealed_ ? result<void>{} : mark(durable_group_kind::seal, 0);
}

// --- small files ---

result<void> durable_log::save(const durable_hard_state& state) {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  // What is committed may be on other nodes first; on this disk the commit index never runs ahead of the entries.
  auto stored = state;
  stored.commit = std::min(stored.commit, last_index_);
  if (auto written = write_file_atomically(fs_, state_path(options_.directory), encode(stored)); !written)
    return broken(std::move(written).error());
  return {};
}

result<void> durable_log::save(const durable_snapshot& snapshot) {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  CHECK(snapshot.index >= snapshot_index_, "snapshots go forward");
  if (auto written = write_file_atomically(fs_, snapshot_path(options_.directory), encode(snapshot)); !written)
    return broken(std::move(written).error());
  auto covered = static_cast<std::size_t>(snapshot.index - snapshot_index_);
  auto agrees = covered == 0 || (covered <= terms_.size() && terms_[covered - 1] == snapshot.term);
  snapshot_index_ = snapshot.index;
  if (agrees) {
    terms_.erase(terms_.begin(), terms_.begin() + static_cast<std::ptrdiff_t>(covered));
    return {};
  }
  // The entries are void from now on: `open` would find the same. The log says so before the next entry.
  terms_.clear();
  last_index_ = snapshot.index;
  restart_due_ = true;
  return {};
}

} // namespace troupe::storage
