#include "runtime/storage/data_directory.hpp"

#include "runtime/storage/journal_replay.hpp"
#include "runtime/storage/segment_files.hpp"
#include "runtime/storage/segment_scan.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

namespace troupe::storage {

namespace {

result<directory_meta> adopt_meta(file_system& fs, const data_directory_options& options) {
  auto meta = read_meta(fs, options.path);
  if (!meta && meta.error().code != errc::not_found)
    return meta;
  if (!meta) {
    for (auto* name : {"/checkpoint", "/checkpoint.old", "/journal", "/topics"})
      if (auto there = fs.exists(options.path + name); there && *there)
        return fail(errc::wrong_format, options.path + " holds data, but its file meta is missing");
    directory_meta fresh{options.cluster_id.empty() ? options.fresh_cluster_id : options.cluster_id, options.node,
                         options.fresh_directory_id};
    if (auto written = write_file_atomically(fs, options.path + "/meta", encode_meta(fresh)); !written)
      return fail(std::move(written));
    return fresh;
  }
  if (meta->node != options.node)
    return fail(errc::wrong_format, options.path + " belongs to node " + std::to_string(meta->node.value())
                                      + ", not to node " + std::to_string(options.node.value()));
  if (!options.cluster_id.empty())
    if (auto joined = join_cluster(fs, options.path, options.cluster_id); !joined)
      return fail(std::move(joined));
  return read_meta(fs, options.path);
}

std::string damage_path(const std::string& directory) { return directory + "/damage"; }

class recovery {
public:
  recovery(file_system& fs, const data_directory_options& options, data_directory& out)
      : fs_(fs), options_(options), out_(out) {}

  result<void> run() {
    if (auto loaded = load_checkpoint(); !loaded)
      return loaded;
    partitions_.reserve(known_.partitions.size());
    for (auto& [name, state] : known_.partitions)
      partitions_[name].checkpoint = &state;
    if (auto replayed = replay_journal(); !replayed)
      return replayed;
    if (auto extended = take_up_flushed(); !extended)
      return extended;
    if (auto looked = find_orphans(); !looked)
      return looked;
    forget_removed();
    auto segment_options = options_.segments;
    segment_options.directory = options_.path;
    out_.segments = std::make_unique<segment_store>(fs_, std::move(segment_options), known_);
    hand_over();
    if (auto noted = note_damage(); !noted)
      return noted;
    // Before anybody writes behind the ends that it names.
    if (out_.report.rebuilt || is_extended_)
      if (auto written = out_.segments->write_checkpoint(); !written)
        return written;
    if (auto released = out_.journal->release(); !released)
      return fail(std::move(released));
    return {};
  }

private:
  struct replayed {
    partition_checkpoint* checkpoint = nullptr;
    journal_tail tail;
    bool in_journal = false;

    offset flushed_end() const { return checkpoint ? checkpoint->flushed_end : offset{0}; }
  };

  void report(std::string sentence) { out_.report.damage.push_back(std::move(sentence)); }

  /// Before anything that shows it is written anew: this life may end before it has told anybody.
  result<void> note_damage() {
    auto path = damage_path(options_.path);
    auto noted = fs_.exists(path);
    if (!noted)
      return fail(std::move(noted));
    out_.report.damage_untold = *noted;
    std::string sentences;
    for (auto& sentence : out_.report.damage)
      sentences += sentence + "\n";
    return sentences.empty() ? result<void>{} : write_file_atomically(fs_, path, sentences);
  }

  /// The newest checkpoint; the one before it if the machine stopped just when they were exchanged; or, if the newest is
  /// damaged, what the segments themselves say.
  result<void> load_checkpoint() {
    auto newest = read_checkpoint_file(fs_, checkpoint_path(options_.path));
    if (newest) {
      known_ = std::move(*newest);
      return {};
    }
    if (newest.error().code != errc::not_found && newest.error().code != errc::corrupt)
      return fail(std::move(newest));
    auto old = read_checkpoint_file(fs_, old_checkpoint_path(options_.path));
    if (!old && old.error().code != errc::not_found && old.error().code != errc::corrupt)
      return fail(std::move(old));
    auto is_missing = newest.error().code == errc::not_found;
    if (is_missing && old) {
      known_ = std::move(*old);
      return {};
    }
    auto topics = fs_.exists(options_.path + "/topics");
    if (!topics)
      return fail(std::move(topics));
    if (is_missing && !*topics) // a new directory: from now on a missing checkpoint is a lost one
      return write_checkpoint_file(fs_, options_.path, encode_checkpoint({}, {}, {}));
    report(newest.error().message() + "; the checkpoint is rebuilt from the segments");
    if (!old && old.error().code != errc::not_found)
      report(old.error().message());
    return rebuild(old ? &*old : nullptr);
  }

  result<void> rebuild(const checkpoint* old) {
    out_.report.rebuilt = true;
    auto names = list_partitions(fs_, options_.path);
    if (!names)
      return fail(std::move(names));
    auto journal_starts = find_journal_starts();
    if (!journal_starts)
      return fail(std::move(journal_starts));
    for (auto& name : *names) {
      rebuild_options how;
      how.report = [this](const std::string& sentence) { report(sentence); };
      if (auto in_journal = journal_starts->find(name); in_journal != journal_starts->end())
        how.journal_start = in_journal->second;
      if (old && old->partitions.contains(name))
        how.old = &old->partitions.at(name);
      auto found = rebuild_partition(fs_, options_.path, name, how);
      if (!found)
        return fail(std::move(found));
      for (auto base : found->leftovers)
        known_.garbage.insert({name, base});
      known_.partitions.emplace(name, std::move(found->state));
    }
    if (old)
      known_.removed = old->removed;
    for (auto& name : known_.removed)
      known_.partitions.erase(name);
    return {};
  }

  journal_options options_of_journal() const {
    auto options = options_.journal;
    options.directory = options_.path + "/journal";
    options.directory_id = out_.meta.directory_id;
    return options;
  }

  /// The lowest offset of each partition from which on the journal is needed, since the segments may be wrong.
  result<std::map<topic_partition, offset>> find_journal_starts() {
    std::map<topic_partition, offset> starts;
    auto seen = journal::inspect(fs_, options_of_journal(), [&](const journal_entry& entry) {
      auto known = starts.find(entry.partition);
      if (entry.flushed)
        starts[entry.partition] = entry.next_offset;
      else if (known != starts.end())
        known->second = std::min(known->second, entry.base_offset);
      else if (!entry.is_truncation())
        starts.emplace(entry.partition, entry.base_offset);
    });
    if (!seen && seen.error().code != errc::not_found)
      return fail(std::move(seen));
    return starts;
  }

  result<void> replay_journal() {
    auto opened = journal::open(fs_, options_of_journal(), [this](const journal_entry& entry) { replay(entry); });
    if (!opened)
      return fail(std::move(opened));
    out_.journal = std::move(opened->log);
    out_.report.journal_bytes = opened->report.size_bytes;
    out_.report.direct = opened->report.direct;
    for (auto& damage : opened->report.damage)
      report(damage.sentence);
    return {};
  }

  void replay(const journal_entry& entry) {
    if (known_.removed.contains(entry.partition)) {
      removed_seen_.insert(entry.partition);
      return;
    }
    if (!last_ || last_->first != entry.partition) {
      auto [found, is_new] = partitions_.try_emplace(entry.partition);
      if (is_new)
        unflushed_.insert(entry.partition);
      last_ = &*found;
    }
    auto& state = last_->second;
    if (!std::exchange(state.in_journal, true))
      in_journal_.insert(entry.partition);
    if (!state.tail.add(entry, state.flushed_end()))
      report(damaged_batch_sentence(entry));
    if (state.tail.flushed())
      flushed_.insert(entry.partition);
  }

  /// What went straight to segments after the checkpoint was written.
  result<void> take_up_flushed() {
    for (auto& name : flushed_) {
      auto& state = partitions_.at(name);
      auto& flushed = *state.tail.flushed();
      if (flushed.end <= state.flushed_end())
        continue;
      if (!state.checkpoint)
        state.checkpoint = &known_.partitions[name];
      unflushed_.erase(name);
      if (auto done = extend_partition(fs_, options_.path, name, flushed.end, flushed.last_segment, *state.checkpoint,
                                       [this](const std::string& sentence) { report(sentence); });
          !done)
        return done;
      state.tail.drop_below(state.flushed_end());
      is_extended_ = true;
    }
    return {};
  }

  /// A flush that no checkpoint tells of may have made a file; if the log was cut then, none of that name is made again. What
  /// was in it is in the journal, unless something is damaged: then nothing is removed.
  result<void> find_orphans() {
    if (!out_.report.damage.empty())
      return {};
    for (auto& name : in_journal_) {
      auto bases = list_segments(fs_, options_.path, name);
      if (!bases)
        return fail(std::move(bases));
      auto known = known_.partitions.find(name);
      auto is_known = [&](offset base) {
        return known != known_.partitions.end()
               && std::any_of(known->second.segments.begin(), known->second.segments.end(),
                              [&](const segment_info& segment) { return segment.base == base; });
      };
      for (auto base : *bases)
        if (!is_known(base))
          known_.garbage.insert({name, base});
    }
    return {};
  }

  /// A deleted partition is remembered only as long as something of it may come back.
  void forget_removed() {
    for (auto it = known_.removed.begin(); it != known_.removed.end();) {
      auto there = fs_.exists(partition_directory(options_.path, *it));
      auto is_wanted = removed_seen_.contains(*it) || !there || *there;
      if (is_wanted)
        out_.journal->forget(*it);
      it = is_wanted ? std::next(it) : known_.removed.erase(it);
    }
  }

  /// What the journal adds must follow what is in segments, and itself.
  void report_gaps(const topic_partition& name, const recovered_partition& found) {
    auto end = found.checkpoint.flushed_end;
    for (auto& batch : found.tail) {
      if (batch.facts.base > end && end > offset{0})
        report(name.to_string() + ": offsets " + std::to_string(end.value()) + " to "
               + std::to_string(batch.facts.base.value() - 1) + " are missing");
      end = batch.facts.end();
    }
  }

  void hand_over() {
    for (auto& [name, state] : known_.partitions)
      out_.partitions.emplace_hint(out_.partitions.end(), name, recovered_partition{std::move(state), {}});
    for (auto& name : unflushed_)
      out_.partitions.try_emplace(name);
    for (auto& [name, to] : out_.partitions) {
      to.tail = partitions_.at(name).tail.take();
      out_.report.replayed_batches += to.tail.size();
      report_gaps(name, to);
      auto end = to.tail.empty() ? to.checkpoint.flushed_end : to.tail.back().facts.end();
      if (to.checkpoint.log_start > end) {
        report(name.to_string() + ": offsets " + std::to_string(end.value()) + " to "
               + std::to_string(to.checkpoint.log_start.value() - 1) + " are missing");
        to.checkpoint.log_start = end;
      }
      out_.journal->checkpointed(name, to.checkpoint.flushed_end);
    }
  }

  file_system& fs_;
  const data_directory_options& options_;
  data_directory& out_;
  checkpoint known_;
  std::unordered_map<topic_partition, replayed> partitions_; // for look-ups only: it has no order
  std::set<topic_partition> unflushed_;                      // those that the checkpoint does not have
  std::set<topic_partition> flushed_;                        // those whose segments go on behind the checkpoint
  bool is_extended_ = false;
  std::pair<const topic_partition, replayed>* last_ = nullptr;
  std::set<topic_partition> removed_seen_;
  std::set<topic_partition> in_journal_;
};

} // namespace

result<void> forget_damage(file_system& fs, const std::string& directory) {
  auto noted = fs.exists(damage_path(directory));
  if (!noted || !*noted)
    return noted ? result<void>{} : fail(std::move(noted));
  return fs.remove(damage_path(directory)).and_then([&] { return fs.sync_directory(directory); });
}

result<data_directory> open_data_directory(file_system& fs, data_directory_options options) {
  if (auto made = fs.make_directories(options.path); !made)
    return fail(std::move(made));
  data_directory out;
  out.path = options.path;
  auto lock = fs.lock(options.path + "/lock");
  if (!lock)
    return lock.error().code == errc::in_use ? fail(errc::in_use, options.path)
                                             : fail(std::move(lock));
  out.lock = std::move(*lock);
  auto meta = adopt_meta(fs, options);
  if (!meta)
    return fail(std::move(meta));
  out.meta = std::move(*meta);
  if (auto recovered = recovery{fs, options, out}.run(); !recovered)
    return fail(std::move(recovered));
  return out;
}

} // namespace troupe::storage
