#include "runtime/storage/journal.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"
#include "runtime/storage/journal_format.hpp"
#include "runtime/storage/journal_scan.hpp"

#include <algorithm>

namespace troupe::storage {

namespace {

constexpr std::size_t fill_step_bytes = limits::mib;
/// The file's header, and the block that is kept free for the seal of a release.
constexpr std::size_t reserved_bytes = 2 * block_size_bytes;
constexpr std::size_t kept_for_cuts_max_bytes = 256 * limits::kib;
constexpr open_options journal_open{.write = true, .direct = true, .data_sync = true};
constexpr open_options journal_create{.create = true, .write = true, .direct = true, .data_sync = true};

} // namespace

journal::journal(file_system& fs, journal_options options) : fs_(fs), options_(std::move(options)) {
  CHECK(is_whole_blocks(options_.file_size_bytes) && is_whole_blocks(options_.group_max_bytes));
  CHECK(options_.group_max_bytes + reserved_bytes <= options_.file_size_bytes, "a group fits into a file");
  CHECK(options_.files_max >= 2, "one file is written while another waits for its release");
  CHECK(options_.directory_id != directory_identity{}, "the data directory has an identity");
  begin_group();
}

journal::~journal() = default;

std::string journal::path_of(journal_file_number number) const {
  return options_.directory + "/" + journal_file_name(number);
}

tl::unexpected<error> journal::broken(error why) {
  // A full disk, or too many open files, pass. All else leaves no way to know what is on the disk.
  if (why.code != errc::no_space && why.code != errc::busy)
    poison_ = why;
  return tl::unexpected<error>(std::move(why));
}

// --- opening ---

result<journal_report> journal::inspect(file_system& fs, const journal_options& options, const journal_replay& replay) {
  auto found = scan_journal(fs, options, [&](journal_file_number, const journal_entry& entry) { replay(entry); });
  if (!found)
    return fail(std::move(found));
  return std::move(found->report);
}

result<journal::opened> journal::open(file_system& fs, journal_options options, const journal_replay& replay) {
  std::unique_ptr<journal> log{new journal(fs, std::move(options))};
  if (auto made = fs.make_directories(log->options_.directory); !made)
    return fail(std::move(made));
  auto found = scan_journal(fs, log->options_, [&](journal_file_number file, const journal_entry& entry) {
    if (log->ledger_.files() == 0 || log->ledger_.newest() < file)
      log->ledger_.open_file(file);
    log->note_entry(entry.partition, entry.base_offset, entry.next_offset);
    replay(entry);
  });
  if (!found)
    return fail(std::move(found));
  if (auto adopted = log->adopt(*found); !adopted)
    return fail(std::move(adopted));
  found->report.direct = log->direct_;
  return opened{std::move(log), std::move(found->report)};
}

result<void> journal::adopt(const journal_scan& found) {
  next_sequence_ = found.last_sequence + (found.end_unreadable ? 2 : 1);
  session_ = found.last_session + 1;
  if (!found.files.empty())
    next_number_ = found.files.back().number + 1;
  if (auto synced = fs_.sync_directory(options_.directory); !synced)
    return synced;
  if (auto begun = begin(found); !begun)
    return begun;
  for (auto& state : found.files) {
    if (state.number < current_.number && (!state.has_groups || state.number < ledger_.oldest()))
      strays_.push_back(state.number);
    if (state.number <= current_.number)
      continue;
    auto spare = files_in_all() < options_.files_max ? adopt_file(state.path, state.number, state.header_intact)
                                                     : result<journal_file>{};
    if (spare && spare->handle) {
      spares_.push_back(std::move(*spare));
      continue;
    }
    if (!spare && spare.error() != errc::no_space)
      return fail(std::move(spare));
    if (auto removed = fs_.remove(state.path); !removed)
      return removed;
  }
  // From here on the last group counts as written to its end, and what a torn one has left is overwritten.
  if (auto ended = seal(); !ended && ended.error() != errc::no_space)
    return ended;
  return {};
}

/// Goes on behind the last group, or begins the first file.
result<void> journal::begin(const journal_scan& found) {
  if (found.files.empty()) {
    auto made = create_file();
    if (!made)
      return fail(std::move(made));
    current_ = std::move(*made);
    position_ = block_size_bytes;
  } else {
    auto number = found.last_file.value() > 0 ? found.last_file : found.files.front().number;
    auto at = std::find_if(found.files.begin(), found.files.end(), [&](auto& f) { return f.number == number; });
    auto adopted = adopt_file(at->path, number, at->header_intact);
    if (!adopted)
      return fail(std::move(adopted));
    current_ = std::move(*adopted);
    position_ = found.last_file.value() == 0 ? block_size_bytes : found.end_position;
    if (found.end_unreadable)
      position_ = current_.size_bytes;
  }
  direct_ = current_.handle->is_direct();
  if (ledger_.files() == 0 || ledger_.newest() < current_.number)
    ledger_.open_file(current_.number);
  return {};
}

/// Opens a file that is there, and completes it if it is not as it should be.
result<journal::journal_file> journal::adopt_file(const std::string& path, journal_file_number number,
                                                  bool header_intact) {
  auto handle = fs_.open(path, journal_open);
  if (!handle)
    return fail(std::move(handle));
  auto size = (*handle)->size();
  if (!size)
    return fail(std::move(size));
  auto whole = *size / block_size_bytes * block_size_bytes; // a torn end is written anew
  journal_file adopted{std::move(*handle), number, whole, whole};
  if (adopted.size_bytes < options_.file_size_bytes) {
    if (auto grown = adopted.handle->allocate(options_.file_size_bytes); !grown)
      return fail(std::move(grown));
    adopted.size_bytes = options_.file_size_bytes;
    header_intact = false;
  }
  // What a killed process wrote may have been read from a cache: it counts from now on, so it must be durable.
  auto durable = header_intact ? adopted.handle->sync() : write_header(adopted);
  if (!durable)
    return fail(std::move(durable));
  return adopted;
}

// --- files ---

result<void> journal::write_header(journal_file& target) {
  aligned_buffer block;
  encode({journal_format_version, options_.directory_id, target.number, target.size_bytes},
         block.extend(block_size_bytes));
  if (auto written = target.handle->write_at(0, block.view()); !written)
    return written;
  target.written_bytes = std::max<std::uint64_t>(target.written_bytes, block_size_bytes);
  return target.handle->sync();
}

result<journal::journal_file> journal::create_file() {
  auto path = path_of(next_number_);
  auto handle = fs_.open(path, journal_create);
  if (!handle)
    return fail(std::move(handle));
  journal_file made{std::move(*handle), next_number_, options_.file_size_bytes, 0};
  auto done = made.handle->allocate(made.size_bytes);
  if (done)
    done = write_header(made);
  if (done)
    done = fs_.sync_directory(options_.directory);
  if (!done) {
    // Half a file would only hold space that is short. If it cannot be removed, the next attempt takes it up.
    static_cast<void>(fs_.remove(path));
    return fail(std::move(done));
  }
  ++next_number_;
  return made;
}

/// At the end of the last file that there can be.
std::size_t journal::kept_for_cuts() const noexcept {
  auto spare = options_.file_size_bytes - options_.group_max_bytes - reserved_bytes;
  return std::min(whole_blocks(static_cast<std::size_t>(spare / 4)), kept_for_cuts_max_bytes);
}

/// Makes so many bytes fit behind the last group, in the next file if need be. Where there is no next one, `kept` bytes are
/// to be left over.
result<void> journal::ensure_room(std::size_t size, std::size_t kept) {
  auto is_last = spares_.empty() && files_in_all() >= options_.files_max;
  if (position_ + size + (is_last ? kept : 0) <= current_.size_bytes)
    return {};
  CHECK(size + block_size_bytes <= options_.file_size_bytes, "a group fits into an empty file");
  if (spares_.empty()) {
    if (files_in_all() >= options_.files_max)
      return fail(errc::no_space, options_.directory + ": all " + std::to_string(options_.files_max)
                                    + " journal files hold records that are not in their segments yet");
    auto made = create_file();
    if (!made)
      return fail(std::move(made));
    spares_.push_back(std::move(*made));
  }
  // A group that could not be written may be there nevertheless, and the next one will have its number.
  if (is_torn_)
    if (auto sealed = write_seal(); !sealed)
      return sealed;
  current_ = std::move(spares_.front());
  spares_.pop_front();
  position_ = block_size_bytes;
  ledger_.open_file(current_.number);
  return {};
}

result<std::size_t> journal::release() {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  auto numbers = ledger_.releasable();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    ledger_.release_oldest();
  // The journal must say that they are needed no more before they are gone.
  if (!numbers.empty()) {
    auto room = ensure_room(block_size_bytes, 0);
    if (room)
      room = write_seal();
    if (!room && room.error() != errc::no_space)
      return broken(std::move(room).error());
  }
  // The oldest first: a gap between files that are left would look like a loss.
  numbers.insert(numbers.begin(), strays_.begin(), strays_.end());
  strays_.clear();
  for (auto next = numbers.begin(); next != numbers.end(); ++next)
    if (auto recycled = recycle(*next); !recycled) {
      strays_.assign(next, numbers.end());
      return broken(std::move(recycled).error());
    }
  return numbers.size();
}

/// Gives the file its next life: under a new number, so that nothing in it counts any more. Should that fail, `which` says
/// what its name is.
result<void> journal::recycle(journal_file_number& which) {
  if (files_in_all() >= options_.files_max)
    return fs_.remove(path_of(which));
  auto number = next_number_;
  ++next_number_;
  if (auto renamed = fs_.rename(path_of(which), path_of(number)); !renamed)
    return renamed;
  which = number;
  // The name goes first: under the old one the new header would make the old groups look damaged.
  if (auto synced = fs_.sync_directory(options_.directory); !synced)
    return synced;
  auto spare = adopt_file(path_of(which), which, false);
  if (!spare)
    return fail(std::move(spare));
  spares_.push_back(std::move(*spare));
  return {};
}

bool journal::pressure() const noexcept { return ledger_.files() * 2 > options_.files_max; }

result<bool> journal::prepare_next_file() {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  result<void> done;
  if (current_.written_bytes < current_.size_bytes && position_ < current_.size_bytes) {
    done = fill(current_, std::max(current_.written_bytes, position_));
  } else if (spares_.empty() && files_in_all() < options_.files_max) {
    auto made = create_file();
    if (made)
      spares_.push_back(std::move(*made));
    else
      done = fail(std::move(made));
  } else if (!spares_.empty() && spares_.back().written_bytes < spares_.back().size_bytes) {
    done = fill(spares_.back(), spares_.back().written_bytes);
  } else {
    return false;
  }
  if (done)
    return true;
  if (done.error() == errc::no_space)
    return false;
  return broken(std::move(done).error());
}

result<void> journal::fill(journal_file& target, std::uint64_t from) {
  if (zeros_.empty())
    std::memset(zeros_.extend(fill_step_bytes), 0, fill_step_bytes);
  auto size = std::min<std::uint64_t>(fill_step_bytes, target.size_bytes - from);
  auto written = target.handle->write_at(from, zeros_.view().substr(0, static_cast<std::size_t>(size)));
  if (written)
    target.written_bytes = from + size;
  return written;
}

// --- groups ---

void journal::begin_group() {
  group_.clear();
  group_.extend(journal_group_header_size_bytes);
  group_crc_ = 0;
  notes_.clear();
}

bool journal::fits(std::size_t batch_size) const noexcept {
  auto size = whole_blocks(group_.size() + journal_entry_header_size_bytes + batch_size);
  return size <= (notes_.empty() ? options_.file_size_bytes - reserved_bytes : options_.group_max_bytes);
}

void journal::append(const topic_partition& partition, offset base_offset, offset next_offset,
                     std::string_view batch) {
  CHECK(!batch.empty() && next_offset > base_offset, "a batch holds a record");
  add({journal_entry_kind::batch, static_cast<std::uint32_t>(batch.size()), partition, base_offset, next_offset}, batch);
}

void journal::truncate(const topic_partition& partition, offset end) {
  add({journal_entry_kind::truncation, 0, partition, end, end}, {});
}

void journal::flushed(const topic_partition& partition, offset base, offset end, segments_end where) {
  CHECK(end > base, "there is something that was flushed");
  std::array<char, journal_flushed_size_bytes> body;
  encode(where, body.data());
  add({journal_entry_kind::flushed, body.size(), partition, base, end}, {body.data(), body.size()});
}

void journal::add(const journal_entry_header& header, std::string_view body) {
  CHECK(fits(body.size()), "the caller commits before the group is full");
  CHECK(header.base_offset.value() >= 0, "offsets are not negative");
  auto size = journal_entry_header_size_bytes + body.size();
  auto* to = group_.extend(size);
  encode(header, to);
  std::copy(body.begin(), body.end(), to + journal_entry_header_size_bytes);
  group_crc_ = crc32c({to, size}, group_crc_);
  notes_.push_back({header.partition, header.base_offset, header.next_offset, false});
}

void journal::note_entry(const topic_partition& partition, offset base, offset end) {
  if (base == end)
    ledger_.truncated(partition, end);
  else
    ledger_.note(partition, base, end);
}

void journal::forget(const topic_partition& partition) {
  for (auto& n : notes_)
    n.is_void |= n.partition == partition;
  ledger_.forget(partition);
}

result<void> journal::write_group(aligned_buffer& group, std::uint32_t entries, std::uint32_t crc) {
  auto size = group.size();
  group.pad();
  journal_group_header header;
  header.kind = entries == 0 ? journal_group_kind::seal : journal_group_kind::entries;
  header.directory_tag = directory_tag(options_.directory_id);
  header.file = current_.number;
  header.sequence = next_sequence_;
  header.oldest_file = ledger_.oldest();
  header.session = session_;
  header.length_bytes = static_cast<std::uint32_t>(group.size());
  header.entry_count = entries;
  header.body_crc = crc32c(group.view().substr(size), crc);
  encode(header, group.data());
  auto written = current_.handle->write_at(position_, group.view());
  if (!written) {
    group.shrink_to(size);
    is_torn_ = true;
    return broken(std::move(written).error());
  }
  position_ += group.size();
  current_.written_bytes = std::max(current_.written_bytes, position_);
  ++next_sequence_;
  is_torn_ = false;
  sealed_ = entries == 0;
  return {};
}

result<journal_sequence> journal::commit() {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  if (notes_.empty())
    return last_sequence();
  if (auto room = ensure_room(pending_bytes() + block_size_bytes, kept_for_cuts()); !room)
    return broken(std::move(room).error());
  if (auto written = write_group(group_, static_cast<std::uint32_t>(notes_.size()), group_crc_); !written)
    return fail(std::move(written));
  for (auto& n : notes_)
    if (!n.is_void)
      note_entry(n.partition, n.base, n.end);
  begin_group();
  return last_sequence();
}

bool journal::has_pending(const topic_partition& partition) const {
  return std::any_of(notes_.begin(), notes_.end(), [&](auto& n) { return n.partition == partition; });
}

result<void> journal::cut(const std::vector<std::pair<topic_partition, offset>>& ends) {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  aligned_buffer group;
  group.extend(journal_group_header_size_bytes);
  std::uint32_t crc = 0;
  for (auto& [partition, end] : ends) {
    CHECK(!has_pending(partition), "what is pending would come after the cut");
    auto* to = group.extend(journal_entry_header_size_bytes);
    encode(journal_entry_header{journal_entry_kind::truncation, 0, partition, end, end}, to);
    crc = crc32c({to, journal_entry_header_size_bytes}, crc);
  }
  if (auto room = ensure_room(whole_blocks(group.size()), 0); !room)
    return broken(std::move(room).error());
  if (auto written = write_group(group, static_cast<std::uint32_t>(ends.size()), crc); !written)
    return written;
  for (auto& [partition, end] : ends)
    ledger_.truncated(partition, end);
  return {};
}

result<void> journal::seal() {
  if (poison_)
    return tl::unexpected<error>(*poison_);
  if (sealed_)
    return {};
  if (auto room = ensure_room(2 * block_size_bytes, kept_for_cuts()); !room)
    return broken(std::move(room).error());
  return write_seal();
}

result<void> journal::write_seal() {
  aligned_buffer group;
  group.extend(journal_group_header_size_bytes);
  return write_group(group, 0, 0);
}

} // namespace troupe::storage
