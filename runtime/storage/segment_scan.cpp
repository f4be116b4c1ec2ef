#include "runtime/storage/segment_scan.hpp"

#include "runtime/storage/segment_files.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::storage {

namespace {

constexpr std::size_t scan_chunk_bytes = 4 * limits::mib;

std::optional<partition_id> parse_partition(std::string_view text) {
  std::int32_t number = 0;
  auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || stop != text.data() + text.size() || number < 0)
    return std::nullopt;
  return partition_id{number};
}

/// What the segments up to here add up to.
struct scanned_log {
  partition_checkpoint state;
  epoch_cache epochs;
  producer_state producers;
  offset producers_end{0}; // what they know already

  void add(const batch_facts& facts, std::uint64_t end_position) {
    auto& segment = state.segments.back();
    if (segment.size_bytes == 0)
      segment.first_timestamp = facts.max_timestamp;
    if (facts.max_timestamp > segment.max_timestamp.timestamp)
      segment.max_timestamp = {facts.max_timestamp, facts.base};
    segment.size_bytes = end_position;
    state.flushed_end = facts.end();
    epochs.add(facts.epoch, facts.base);
    if (facts.base >= producers_end)
      producers.update(facts, no_timestamp, facts.base);
  }
};

class partition_extension {
public:
  partition_extension(file_system& fs, const std::string& directory, const topic_partition& partition, offset end,
                      const std::function<void(const std::string&)>& report)
      : fs_(fs), directory_(directory), partition_(partition), end_(end), report_(report) {}

  result<void> run(offset last_segment, partition_checkpoint& state) {
    auto bases = list_segments(fs_, directory_, partition_);
    if (!bases)
      return fail(std::move(bases));
    std::erase_if(*bases, [&](offset base) { return base < state.flushed_end || base > last_segment; });
    log_ = {state, epoch_cache{state.epochs}, producer_state{state.producers}, state.flushed_end};
    auto next = bases->begin();
    if (!state.segments.empty() && next != bases->end() && *next == state.segments.back().base)
      ++next;
    while (log_.state.flushed_end < end_) {
      if (!log_.state.segments.empty())
        if (auto scanned = scan(next == bases->end() ? end_ : std::min(end_, *next)); !scanned)
          return scanned;
      if (next == bases->end() || log_.state.flushed_end >= end_)
        break;
      log_.state.segments.push_back({*next++, 0, no_timestamp, {}});
    }
    if (log_.state.flushed_end < end_)
      report_(partition_.to_string() + ": offsets " + std::to_string(log_.state.flushed_end.value()) + " to "
              + std::to_string(end_.value() - 1) + " were flushed, and are missing");
    log_.state.epochs = log_.epochs.starts();
    log_.state.producers = log_.producers.snapshot(log_.state.flushed_end);
    state = std::move(log_.state);
    return {};
  }

private:
  /// Adds the batches of the last segment, from where it ends to `stop`.
  result<void> scan(offset stop) {
    auto& segment = log_.state.segments.back();
    auto path = segment_path(directory_, partition_, segment.base);
    auto file = fs_.open(path, {.direct = true});
    if (!file)
      return fail(std::move(file));
    auto size = (*file)->size();
    if (!size)
      return fail(std::move(size));
    sequential_source source{**file, scan_chunk_bytes, *size};
    std::vector<epoch_start> no_epochs;
    segment_walk walk{source, no_epochs, segment.size_bytes, std::max(segment.base, log_.state.flushed_end), no_offset};
    while (log_.state.flushed_end < stop) {
      auto batch = walk.next();
      if (!batch)
        return fail(std::move(batch));
      if (auto& damage = walk.damaged(); damage)
        report_(path + " at " + std::to_string(damage->position) + ": " + damage->sentence);
      if (!*batch || (*batch)->view.next_offset() > stop)
        break;
      log_.add(facts_of((*batch)->view), walk.position());
    }
    return {};
  }

  file_system& fs_;
  const std::string& directory_;
  const topic_partition& partition_;
  offset end_;
  const std::function<void(const std::string&)>& report_;
  scanned_log log_;
};

class partition_scan {
public:
  partition_scan(file_system& fs, const std::string& directory, const topic_partition& partition,
                 const rebuild_options& options)
      : fs_(fs), directory_(directory), partition_(partition), options_(options) {
    if (!options.old)
      return;
    auto known = options.old->producers;
    for (auto& producer : known)
      std::erase_if(producer.batches, [&](const remembered_batch& b) { return is_in_journal(b.base); });
    log_.producers = producer_state{std::move(known)};
    log_.producers_end = options.old->flushed_end;
  }

  result<rebuilt_partition> run() {
    auto bases = list_segments(fs_, directory_, partition_);
    if (!bases)
      return fail(std::move(bases));
    std::erase_if(*bases, [&](offset base) {
      auto is_leftover = base > options_.journal_start && is_in_journal(base);
      if (is_leftover)
        leftovers_.push_back(base);
      return is_leftover;
    });
    for (std::size_t i = 0; i < bases->size();) {
      auto taken = take((*bases)[i], i + 1 < bases->size() ? (*bases)[i + 1] : no_offset);
      if (!taken)
        return fail(std::move(taken));
      i += *taken;
    }
    auto& state = log_.state;
    if (state.segments.empty())
      state.flushed_end = std::max(offset{0}, options_.journal_start);
    state.log_start = state.segments.empty() ? state.flushed_end : state.segments.front().base;
    if (options_.old)
      state.log_start = std::max(state.log_start, options_.old->log_start);
    state.epochs = log_.epochs.starts();
    state.producers = log_.producers.snapshot(state.flushed_end);
    return rebuilt_partition{std::move(state), std::move(leftovers_)};
  }

private:
  bool is_in_journal(offset o) const { return options_.journal_start != no_offset && o >= options_.journal_start; }

  /// Takes a segment, and says how many files that were.
  result<std::size_t> take(offset base, offset next_base) {
    if (!log_.state.segments.empty() && base > log_.state.flushed_end)
      options_.report(partition_.to_string() + ": offsets " + std::to_string(log_.state.flushed_end.value()) + " to "
                      + std::to_string(base.value() - 1) + " are missing");
    auto before = log_;
    auto overlaps = scan(base, next_base);
    if (!overlaps)
      return fail(std::move(overlaps));
    if (!*overlaps)
      return std::size_t{1};
    // This one goes on where the next one begins: a roll was interrupted, and done otherwise after the restart. Of
    // two that hold the same, the one that goes further is kept.
    auto cut = log_;
    log_ = before;
    if (auto whole = scan(base, no_offset); !whole)
      return fail(std::move(whole));
    auto whole = std::exchange(log_, cut);
    if (auto other = scan(next_base, no_offset); !other)
      return fail(std::move(other));
    auto is_leftover = log_.state.flushed_end <= whole.state.flushed_end;
    if (is_leftover)
      leftovers_.push_back(next_base);
    log_ = is_leftover ? std::move(whole) : std::move(cut);
    return std::size_t{is_leftover ? 2u : 1u};
  }

  /// Adds the batches of a segment below `stop`; true if there are more.
  result<bool> scan(offset base, offset stop) {
    auto path = segment_path(directory_, partition_, base);
    auto file = fs_.open(path, {.write = true, .direct = true});
    if (!file)
      return fail(std::move(file));
    auto size = (*file)->size();
    if (!size)
      return fail(std::move(size));
    if (auto synced = (*file)->sync(); !synced)
      return fail(std::move(synced));
    log_.state.segments.push_back({base, 0, no_timestamp, {}});
    log_.state.flushed_end = base;
    sequential_source source{**file, scan_chunk_bytes, *size};
    std::vector<epoch_start> no_epochs;
    segment_walk walk{source, no_epochs, 0, base, no_offset};
    while (!is_in_journal(log_.state.flushed_end)) {
      auto batch = walk.next();
      if (!batch)
        return fail(std::move(batch));
      if (auto& damage = walk.damaged(); damage)
        options_.report(path + " at " + std::to_string(damage->position) + ": " + damage->sentence);
      if (!*batch)
        break;
      auto facts = facts_of((*batch)->view);
      if (stop != no_offset && facts.base >= stop)
        return true;
      // What an older leader wrote there, before the log was cut, or what the journal has.
      if (facts.epoch < log_.epochs.last() || is_in_journal(facts.base))
        break;
      log_.add(facts, walk.position());
    }
    return false;
  }

  file_system& fs_;
  const std::string& directory_;
  const topic_partition& partition_;
  const rebuild_options& options_;
  std::vector<offset> leftovers_;
  scanned_log log_;
};

} // namespace

result<std::vector<topic_partition>> list_partitions(file_system& fs, const std::string& directory) {
  std::vector<topic_partition> found;
  auto topics = fs.list(directory + "/topics");
  if (!topics) {
    if (topics.error().code == errc::not_found)
      return found;
    return fail(std::move(topics));
  }
  for (auto& topic : *topics) {
    auto id = topic_id::parse(topic);
    if (!id)
      continue;
    auto names = fs.list(topic_directory(directory, *id));
    if (!names)
      return fail(std::move(names));
    for (auto& name : *names)
      if (auto number = parse_partition(name))
        found.push_back({*id, *number});
  }
  std::sort(found.begin(), found.end());
  return found;
}

result<std::vector<offset>> list_segments(file_system& fs, const std::string& directory,
                                          const topic_partition& partition) {
  std::vector<offset> bases;
  auto names = fs.list(partition_directory(directory, partition));
  if (!names) {
    if (names.error().code == errc::not_found)
      return bases;
    return fail(std::move(names));
  }
  for (auto& name : *names)
    if (auto base = base_offset_of(name, ".log"))
      bases.push_back(*base);
  return bases;
}

result<void> extend_partition(file_system& fs, const std::string& directory, const topic_partition& partition,
                              offset end, offset last_segment, partition_checkpoint& state,
                              const std::function<void(const std::string&)>& report) {
  return partition_extension{fs, directory, partition, end, report}.run(last_segment, state);
}

result<rebuilt_partition> rebuild_partition(file_system& fs, const std::string& directory,
                                            const topic_partition& partition, const rebuild_options& options) {
  return partition_scan{fs, directory, partition, options}.run();
}

} // namespace troupe::storage
