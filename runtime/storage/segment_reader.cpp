#include "runtime/storage/segment_reader.hpp"

#include "runtime/base/check.hpp"
#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/storage/segment_files.hpp"
#include "runtime/storage/segment_walk.hpp"

#include <algorithm>

namespace troupe::storage {

namespace {

/// Of a segment's index, entries nearer to each other than this are not kept in memory.
constexpr std::uint64_t index_spacing_bytes = 32 * limits::kib;
constexpr std::size_t index_max_bytes = 1 * limits::gib;
/// How many chunks a segment may have between two index entries.
constexpr std::uint64_t gap_chunks_max = 32;

std::uint64_t largest_gap(const std::vector<index_entry>& entries, std::uint64_t segment_size) {
  std::uint64_t largest = 0;
  std::uint64_t before = 0;
  for (auto& entry : entries) {
    largest = std::max(largest, entry.position - before);
    before = entry.position;
  }
  return std::max(largest, segment_size - before);
}

std::vector<index_entry> thinned(const std::vector<index_entry>& entries) {
  std::vector<index_entry> kept;
  for (auto& entry : entries)
    if (kept.empty() || entry.position - kept.back().position >= index_spacing_bytes)
      kept.push_back(entry);
  return kept;
}

} // namespace

struct segment_reader::open_segment {
  segment_key key;
  std::uint64_t number; // of the open file, for the cache
  std::unique_ptr<file> log;
  std::vector<index_entry> index;   // thinned
  std::uint64_t indexed_bytes = 0;  // the segment's size when the index was loaded
};

class segment_reader::source final : public chunk_source {
public:
  source(segment_reader& reader, open_segment& segment, std::uint64_t size)
      : chunk_source(reader.options_.chunk_size_bytes, size), reader_(reader), segment_(segment) {}

protected:
  result<bytes> chunk(std::uint64_t number) override {
    if (!current_.empty() && number == number_)
      return current_;
    auto read = reader_.chunk(segment_, number, size());
    if (!read)
      return read;
    if (!current_.empty() && number == number_ + 1)
      reader_.cache_.passed({segment_.number, number_});
    number_ = number;
    current_ = *read;
    return read;
  }

private:
  segment_reader& reader_;
  open_segment& segment_;
  std::uint64_t number_ = 0;
  bytes current_;
};

segment_reader::segment_reader(file_system& fs, segment_reader_options options,
                               std::function<void(const std::string&)> on_damage)
    : fs_(fs), options_(std::move(options)), on_damage_(std::move(on_damage)), cache_(options_.cache_bytes) {
  CHECK(options_.chunk_size_bytes > 0 && is_whole_blocks(options_.chunk_size_bytes), "chunks are whole blocks");
  CHECK(options_.open_segments_max > 0);
}

segment_reader::~segment_reader() = default;

void segment_reader::report(const std::string& sentence) const {
  if (on_damage_)
    on_damage_(sentence);
}

result<segment_reader::open_segment*> segment_reader::open(const topic_partition& partition,
                                                           const segment_extent& extent) {
  segment_key key{partition, extent.base};
  if (auto known = by_key_.find(key); known != by_key_.end()) {
    open_.splice(open_.begin(), open_, known->second);
  } else {
    auto log = fs_.open(segment_path(options_.directory, partition, extent.base), {.direct = true});
    if (!log)
      return fail(std::move(log));
    if (open_.size() >= options_.open_segments_max) {
      cache_.erase_file(open_.back().number);
      by_key_.erase(open_.back().key);
      open_.pop_back();
    }
    open_.push_front({key, next_file_++, std::move(*log), {}, 0});
    by_key_[key] = open_.begin();
  }
  auto& segment = open_.front();
  // A segment that is written to has grown: what its index did not say yet is walked over, up to a chunk of it.
  if (segment.indexed_bytes == 0 || extent.size_bytes > segment.indexed_bytes + options_.chunk_size_bytes)
    if (auto loaded = load_index(segment, extent); !loaded)
      return fail(std::move(loaded));
  return &segment;
}

result<void> segment_reader::load_index(open_segment& segment, const segment_extent& extent) {
  auto path = index_path(options_.directory, segment.key.first, extent.base);
  auto file = read_file(fs_, path, index_max_bytes);
  if (!file && file.error().code != errc::not_found)
    return fail(std::move(file));
  auto decoded = decode_index(file ? std::string_view{*file} : std::string_view{}, extent.size_bytes);
  for (auto& damage : decoded.damage)
    report(path + " at " + std::to_string(damage.position) + ": " + damage.sentence + "; the index is rebuilt");
  // Entries that were not synced may be missing after a crash; if they are many, walking over the gap takes too long.
  auto is_short = largest_gap(decoded.entries, extent.size_bytes) > gap_chunks_max * options_.chunk_size_bytes;
  if (!file)
    report(path + " is missing; the index is rebuilt");
  else if (is_short && decoded.damage.empty())
    report(path + ": entries are missing; the index is rebuilt");
  segment.index = thinned(decoded.entries);
  segment.indexed_bytes = extent.size_bytes;
  if (!file || is_short || !decoded.damage.empty())
    return rebuild_index(segment, extent);
  return {};
}

result<void> segment_reader::rebuild_index(open_segment& segment, const segment_extent& extent) {
  sequential_source from{*segment.log, options_.chunk_size_bytes, extent.size_bytes};
  std::vector<epoch_start> no_epochs;
  segment_walk walk{from, no_epochs, 0, extent.base, extent.end};
  std::vector<index_entry> entries;
  auto newest = no_timestamp;
  while (true) {
    auto batch = walk.next();
    if (!batch)
      return fail(std::move(batch));
    if (!*batch)
      break;
    auto& [position, view, data] = **batch;
    if (entries.empty() || position - entries.back().position >= index_spacing_bytes)
      entries.push_back({view.base_offset(), position, newest});
    newest = std::max(newest, view.max_timestamp());
  }
  std::string encoded;
  for (auto& entry : entries)
    encode_index_entry(entry, encoded);
  segment.index = std::move(entries);
  // It serves from memory if the file can't be replaced. The flusher may append meanwhile: what is lost so is walked over.
  static_cast<void>(
    write_file_atomically(fs_, index_path(options_.directory, segment.key.first, extent.base), encoded));
  return {};
}

result<bytes> segment_reader::chunk(open_segment& segment, std::uint64_t number, std::uint64_t size_bytes) {
  auto wanted = std::min<std::uint64_t>(options_.chunk_size_bytes, size_bytes - number * options_.chunk_size_bytes);
  chunk_cache::key key{segment.number, number};
  if (auto cached = cache_.find(key); cached && cached->size() >= wanted)
    return *cached;
  auto read = read_chunk(*segment.log, number, options_.chunk_size_bytes, size_bytes);
  if (!read)
    return read;
  read_bytes_ += read->size();
  cache_.put(key, *read);
  return read;
}

void segment_reader::forget(const topic_partition& partition) {
  auto it = by_key_.lower_bound({partition, offset{0}});
  while (it != by_key_.end() && it->first.first == partition) {
    cache_.erase_file(it->second->number);
    open_.erase(it->second);
    it = by_key_.erase(it);
  }
}

result<segment_batches> segment_reader::read(const segment_read& order) {
  rot_.reset();
  segment_batches out;
  out.next = order.from;
  for (auto& extent : order.segments) {
    if (extent.end <= out.next)
      continue;
    if (auto done = read_segment(order, extent, out); !done) {
      if (!out.batches.empty())
        return out;
      return fail(std::move(done));
    }
    if (out.next < extent.end) // full, or at the limit
      break;
  }
  return out;
}

result<void> segment_reader::read_segment(const segment_read& order, const segment_extent& extent,
                                          segment_batches& out) {
  if (extent.size_bytes == 0) {
    out.next = std::max(out.next, extent.end);
    return {};
  }
  auto segment = open(order.partition, extent);
  if (!segment)
    return fail(std::move(segment));
  source from{*this, **segment, extent.size_bytes};
  auto start = index_floor((*segment)->index, extent.base, out.next);
  segment_walk walk{from, order.epochs, start.position, start.base, extent.end};
  bytes run; // batches that were checked in the same memory become one slice: it is not read again
  auto flush_run = [&] {
    if (!run.empty())
      out.batches.push_back(std::exchange(run, {}));
  };
  while (out.next < order.limit) {
    auto batch = walk.next();
    if (!batch) {
      flush_run();
      return fail(std::move(batch));
    }
    auto reached = *batch ? (*batch)->view.base_offset() : extent.end;
    if (auto& damage = walk.damaged(); damage && reached > out.next) {
      flush_run();
      rot_ = {order.partition, extent.base, damage->position, damage->end - damage->position, damage->expected, reached};
      return fail(errc::corrupt, (*segment)->log->path() + " at " + std::to_string(damage->position) + ": "
                                   + damage->sentence);
    }
    if (!*batch) {
      out.next = std::max(out.next, extent.end);
      break;
    }
    auto& found = **batch;
    if (found.view.last_offset() < out.next)
      continue;
    auto size = found.data.size();
    auto is_first = out.size_bytes == 0;
    if (found.view.next_offset() > order.limit
        || (out.size_bytes + size > order.max_bytes && !(is_first && order.at_least_one)))
      break;
    out.size_bytes += size;
    out.next = found.view.next_offset();
    if (!run.extend(found.data)) {
      flush_run();
      run = std::move(found.data);
    }
  }
  flush_run();
  return {};
}

result<time_match> segment_reader::find_by_time(const segment_time_search& order) {
  time_match out;
  out.next = order.from;
  for (auto& extent : order.segments) {
    if (extent.end <= out.next || extent.size_bytes == 0)
      continue;
    auto segment = open(order.partition, extent);
    if (!segment)
      return fail(std::move(segment));
    source from{*this, **segment, extent.size_bytes};
    auto start = index_floor((*segment)->index, extent.base, out.next);
    // Up to an entry whose maximum is below the timestamp there is nothing to be found.
    for (auto& entry : (*segment)->index)
      if (entry.position > start.position && entry.max_timestamp < order.timestamp)
        start = entry;
    segment_walk walk{from, order.epochs, start.position, start.base, extent.end};
    while (true) {
      auto batch = walk.next();
      if (!batch)
        return fail(std::move(batch));
      if (auto& damage = walk.damaged())
        report((*segment)->log->path() + " at " + std::to_string(damage->position) + ": " + damage->sentence);
      if (!*batch)
        break;
      auto& view = (*batch)->view;
      if (view.next_offset() > order.limit) {
        out.next = std::max(out.next, order.limit);
        return out;
      }
      if (view.last_offset() >= order.from && view.max_timestamp() >= order.timestamp) {
        out.batch = (*batch)->data;
        out.next = view.next_offset();
        return out;
      }
    }
    out.next = std::max(out.next, extent.end);
  }
  return out;
}

} // namespace troupe::storage
