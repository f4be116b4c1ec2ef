#include "runtime/storage/directory_check.hpp"

#include "runtime/storage/checkpoint.hpp"
#include "runtime/storage/durable_log.hpp"
#include "runtime/storage/index_file.hpp"
#include "runtime/storage/journal_replay.hpp"
#include "runtime/storage/segment_files.hpp"
#include "runtime/storage/segment_scan.hpp"
#include "runtime/storage/segment_walk.hpp"

#include <algorithm>
#include <limits>

namespace troupe::storage {

namespace {

constexpr std::size_t check_chunk_bytes = 4 * limits::mib;
constexpr std::size_t check_index_max_bytes = 1 * limits::gib;

using finding_sink = std::function<void(const finding&)>;

std::string relative_to(const std::string& directory, const std::string& path) {
  return path.starts_with(directory + "/") ? path.substr(directory.size() + 1) : path;
}

/// A segment as the checkpoint describes it; or, without a checkpoint, as the file is.
struct known_segment {
  topic_partition partition;
  segment_info info;
  offset end = no_offset; // not known
  bool is_described = false;
};

struct known_directory {
  std::optional<checkpoint> described;
  std::vector<topic_partition> partitions;

  const partition_checkpoint* find(const topic_partition& name) const {
    auto found = described ? described->partitions.find(name) : decltype(described->partitions.find(name)){};
    return described && found != described->partitions.end() ? &found->second : nullptr;
  }
};

result<journal_report> inspect_journal(file_system& fs, const std::string& directory, const finding_sink& report,
                                       const journal_replay& replay) {
  auto meta = read_meta(fs, directory);
  if (!meta && meta.error().code != errc::corrupt)
    return fail(std::move(meta));
  if (!meta) {
    report({"meta", 0, meta.error().message() + "; the journal can't be read without it"});
    return journal_report{};
  }
  journal_options options;
  options.directory = directory + "/journal";
  options.directory_id = meta->directory_id;
  auto seen = journal::inspect(fs, options, replay);
  if (!seen && seen.error().code == errc::not_found)
    return journal_report{};
  if (seen)
    for (auto& damage : seen->damage)
      report({relative_to(directory, damage.file), damage.position, damage.sentence});
  return seen;
}

/// What went to segments after the checkpoint was written, and only the journal knows.
result<void> take_up_flushed(file_system& fs, const std::string& directory, checkpoint& known,
                             const finding_sink& report) {
  std::map<topic_partition, journal_tail> tails;
  auto seen = inspect_journal(fs, directory, [](const finding&) {}, [&](const journal_entry& entry) {
    if (!known.removed.contains(entry.partition))
      tails[entry.partition].add(entry, offset{std::numeric_limits<std::int64_t>::max()});
  });
  if (!seen)
    return fail(std::move(seen));
  for (auto& [name, tail] : tails) {
    if (!tail.flushed())
      continue;
    auto state = known.partitions.find(name);
    if (state == known.partitions.end())
      state = known.partitions.emplace(name, partition_checkpoint{}).first;
    if (tail.flushed()->end <= state->second.flushed_end)
      continue;
    auto say = [&](const std::string& sentence) { report({"journal", 0, sentence}); };
    if (auto done = extend_partition(fs, directory, name, tail.flushed()->end, tail.flushed()->last_segment,
                                     state->second, say);
        !done)
      return done;
  }
  return {};
}

result<known_directory> look_at(file_system& fs, const std::string& directory, const finding_sink& report) {
  known_directory out;
  auto newest = read_checkpoint_file(fs, checkpoint_path(directory));
  auto older = read_checkpoint_file(fs, old_checkpoint_path(directory));
  if (!older && older.error().code == errc::corrupt)
    report({"checkpoint.old", 0, older.error().message()});
  if (!newest && newest.error().code == errc::not_found)
    newest = std::move(older);
  else if (!newest && newest.error().code == errc::corrupt)
    report({"checkpoint", 0, newest.error().message()});
  if (!newest && newest.error().code != errc::not_found && newest.error().code != errc::corrupt)
    return fail(std::move(newest));
  if (newest) {
    if (auto done = take_up_flushed(fs, directory, *newest, report); !done)
      return fail(std::move(done));
    for (auto& [name, state] : newest->partitions)
      out.partitions.push_back(name);
    out.described = std::move(*newest);
    return out;
  }
  auto found = list_partitions(fs, directory);
  if (!found)
    return fail(std::move(found));
  out.partitions = std::move(*found);
  return out;
}

result<std::vector<known_segment>> segments_of(file_system& fs, const std::string& directory,
                                               const known_directory& known, const topic_partition& name) {
  std::vector<known_segment> out;
  if (auto* state = known.find(name)) {
    for (std::size_t i = 0; i < state->segments.size(); ++i) {
      auto end = i + 1 < state->segments.size() ? state->segments[i + 1].base : state->flushed_end;
      out.push_back({name, state->segments[i], end, true});
    }
    return out;
  }
  auto bases = list_segments(fs, directory, name);
  if (!bases)
    return fail(std::move(bases));
  for (auto base : *bases)
    out.push_back({name, {base, 0, no_timestamp, {}}, no_offset, false});
  return out;
}

/// Walks over one segment; the index is checked along with it, if wanted.
class segment_check {
public:
  segment_check(file_system& fs, const std::string& directory, const known_segment& segment,
                const std::vector<epoch_start>& epochs, const finding_sink& report)
      : fs_(fs), segment_(segment), epochs_(epochs), report_(report),
        path_(segment_path(directory, segment.partition, segment.info.base)), name_(relative_to(directory, path_)),
        index_path_(index_path(directory, segment.partition, segment.info.base)),
        index_name_(relative_to(directory, index_path_)) {}

  /// `sink` gets every good batch. Returns how far the segment was read.
  result<std::uint64_t> run(const std::function<void(const stored_batch&)>& sink, bool with_index) {
    auto file = fs_.open(path_, {.direct = true});
    if (!file) {
      if (file.error().code != errc::not_found)
        return fail(std::move(file));
      report_({name_, 0, name_ + " is missing"});
      return std::uint64_t{0};
    }
    auto size = (*file)->size();
    if (!size)
      return fail(std::move(size));
    if (segment_.is_described && *size < segment_.info.size_bytes)
      report_({name_, *size, name_ + " ends at " + std::to_string(*size) + ", it should have "
                               + std::to_string(segment_.info.size_bytes) + " bytes"});
    auto end = segment_.is_described ? std::min(*size, segment_.info.size_bytes) : *size;
    if (with_index)
      if (auto loaded = load_index(end); !loaded)
        return fail(std::move(loaded));
    if (auto walked = walk(**file, end, sink); !walked)
      return fail(std::move(walked));
    finish();
    return end;
  }

private:
  result<void> load_index(std::uint64_t end) {
    auto file = read_file(fs_, index_path_, check_index_max_bytes);
    if (!file && file.error().code != errc::not_found)
      return fail(std::move(file));
    if (!file && end > 0)
      report_({index_name_, 0, index_name_ + " is missing"});
    if (!file)
      return {};
    auto decoded = decode_index(*file, end);
    for (auto& d : decoded.damage)
      report_({index_name_, d.position, d.sentence});
    index_ = std::move(decoded.entries);
    return {};
  }

  result<void> walk(const file& from, std::uint64_t end, const std::function<void(const stored_batch&)>& sink) {
    sequential_source source{from, check_chunk_bytes, end};
    segment_walk walk{source, epochs_, 0, segment_.info.base, segment_.end};
    while (true) {
      auto batch = walk.next();
      if (!batch && batch.error().code == errc::corrupt)
        return {};
      if (!batch)
        return fail(std::move(batch));
      if (auto& damage = walk.damaged()) {
        report_({name_, damage->position, damage->sentence});
        is_damaged_ = true;
      }
      if (!*batch)
        return {};
      auto& [position, view, data] = **batch;
      check_index_at(position, view);
      if (view.max_timestamp() > newest_.timestamp)
        newest_ = {view.max_timestamp(), view.base_offset()};
      reached_ = view.next_offset();
      sink({segment_.partition, name_, position, view, true});
    }
  }

  void check_index_at(std::uint64_t position, const record::batch_view& view) {
    while (next_entry_ < index_.size() && index_[next_entry_].position <= position) {
      auto& entry = index_[next_entry_++];
      // Around damage the walk knows less than the index.
      if (!is_damaged_
          && (entry.position != position || entry.base != view.base_offset() || entry.max_timestamp != newest_.timestamp))
        report_({index_name_, 0, "the index entry for offset " + std::to_string(entry.base.value())
                                   + " does not fit the segment at " + std::to_string(entry.position)});
    }
  }

  void finish() {
    if (!segment_.is_described || is_damaged_ || segment_.info.size_bytes == 0)
      return;
    if (newest_ != segment_.info.max_timestamp)
      report_({"checkpoint", 0, "the largest timestamp of " + name_ + " is not what the checkpoint says"});
    if (reached_ != segment_.end)
      report_({name_, segment_.info.size_bytes, name_ + " holds batches up to offset " + std::to_string(reached_.value())
                                                 + ", it should up to " + std::to_string(segment_.end.value())});
  }

  file_system& fs_;
  const known_segment& segment_;
  const std::vector<epoch_start>& epochs_;
  const finding_sink& report_;
  std::string path_;
  std::string name_;
  std::string index_path_;
  std::string index_name_;
  std::vector<index_entry> index_;
  std::size_t next_entry_ = 0;
  timestamp_position newest_;
  offset reached_ = no_offset;
  bool is_damaged_ = false;
};

/// What the journal adds to the segments must follow them without a gap.
class journal_check {
public:
  journal_check(const known_directory& known, const finding_sink& report) : known_(known), report_(report) {}

  void see(const journal_entry& entry) {
    auto& tail = tails_[entry.partition];
    while (!tail.empty() && tail.back().first >= entry.base_offset)
      tail.pop_back();
    if (entry.is_truncation() || entry.flushed)
      return;
    auto view = record::batch_view::parse(entry.batch.view());
    auto what = entry.partition.to_string() + " at offset " + std::to_string(entry.base_offset.value());
    if (!view || !view->crc_ok())
      return report_({"journal", 0, "the journal's batch of " + what + " is damaged"});
    tail.emplace_back(entry.base_offset, entry.next_offset);
  }

  /// When all entries were seen: what was truncated since is no gap.
  void finish() const {
    for (auto& [name, tail] : tails_) {
      auto* state = known_.find(name);
      auto end = state ? state->flushed_end : offset{0};
      for (auto& [base, next] : tail) {
        if (base > end && end > offset{0} && known_.described)
          report_({"journal", 0, "offsets " + std::to_string(end.value()) + " to the journal's batch of "
                                   + name.to_string() + " at offset " + std::to_string(base.value()) + " are missing"});
        end = std::max(end, next);
      }
    }
  }

private:
  const known_directory& known_;
  const finding_sink& report_;
  std::map<topic_partition, std::vector<std::pair<offset, offset>>> tails_; ///< base and next offset of each batch
};

} // namespace

result<directory_totals> verify_directory(file_system& fs, const std::string& directory, const finding_sink& report,
                                          const std::function<void(std::uint64_t)>& progress) {
  directory_totals totals;
  finding_sink counted = [&](const finding& f) {
    ++totals.findings;
    report(f);
  };
  if (auto meta = read_meta(fs, directory); !meta && meta.error().code != errc::corrupt)
    return fail(std::move(meta));
  auto lock = fs.lock(directory + "/lock");
  if (!lock && lock.error().code == errc::in_use)
    return fail(errc::in_use, "another process uses " + directory);
  auto known = look_at(fs, directory, counted);
  if (!known)
    return fail(std::move(known));
  const std::vector<epoch_start> no_epochs;
  for (auto& name : known->partitions) {
    ++totals.partitions;
    auto segments = segments_of(fs, directory, *known, name);
    if (!segments)
      return fail(std::move(segments));
    auto* state = known->find(name);
    for (auto& segment : *segments) {
      ++totals.segments;
      segment_check check{fs, directory, segment, state ? state->epochs : no_epochs, counted};
      auto size = check.run([&](const stored_batch&) { ++totals.batches; }, true);
      if (!size)
        return fail(std::move(size));
      totals.segment_bytes += *size;
      if (progress)
        progress(totals.segment_bytes);
    }
  }
  if (auto metadata = durable_log::check(fs, directory + "/metadata"); !metadata && metadata.error().code == errc::corrupt)
    counted({"metadata", 0, metadata.error().message()});
  else if (!metadata)
    return fail(std::move(metadata));
  journal_check check{*known, counted};
  auto journal = inspect_journal(fs, directory, counted, [&](const journal_entry& entry) { check.see(entry); });
  if (!journal)
    return fail(std::move(journal));
  check.finish();
  totals.journal_groups = journal->groups;
  totals.journal_entries = journal->entries;
  return totals;
}

result<void> dump_segments(file_system& fs, const std::string& directory, std::optional<topic_partition> only,
                           const std::function<void(const stored_batch&)>& sink, const finding_sink& report) {
  auto known = look_at(fs, directory, report);
  if (!known)
    return fail(std::move(known));
  const std::vector<epoch_start> no_epochs;
  for (auto& name : known->partitions) {
    if (only && *only != name)
      continue;
    auto segments = segments_of(fs, directory, *known, name);
    if (!segments)
      return fail(std::move(segments));
    auto* state = known->find(name);
    for (auto& segment : *segments) {
      segment_check check{fs, directory, segment, state ? state->epochs : no_epochs, report};
      if (auto done = check.run(sink, false); !done)
        return fail(std::move(done));
    }
  }
  return {};
}

result<void> dump_journal(file_system& fs, const std::string& directory, std::optional<topic_partition> only,
                          const std::function<void(const stored_batch&)>& sink, const finding_sink& report) {
  auto seen = inspect_journal(fs, directory, report, [&](const journal_entry& entry) {
    if (only && *only != entry.partition)
      return;
    if (auto view = record::batch_view::parse(entry.batch.view()))
      sink({entry.partition, "journal", 0, *view, view->crc_ok()});
  });
  if (!seen)
    return fail(std::move(seen));
  return {};
}

result<std::vector<topic_partition>> stored_partitions(file_system& fs, const std::string& directory) {
  auto known = look_at(fs, directory, [](const finding&) {});
  if (!known)
    return fail(std::move(known));
  return std::move(known->partitions);
}

} // namespace troupe::storage
