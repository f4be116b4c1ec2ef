// The part of the segment store that takes the end of a partition away.
#include "runtime/storage/index_file.hpp"
#include "runtime/storage/segment_files.hpp"
#include "runtime/storage/segment_store.hpp"
#include "runtime/storage/segment_walk.hpp"

#include <algorithm>
#include <utility>

namespace troupe::storage {

namespace {

constexpr std::size_t cut_chunk_bytes = 4 * limits::mib;
constexpr std::size_t cut_index_max_bytes = 1 * limits::gib;

} // namespace

// The bytes behind the cut go when the checkpoint is durable; until then they are behind the segment's size, as padding
// is. The index loses its entries for them at once, durably: they would name places in what is written there next.
result<segment_cut_result> segment_store::cut(const segment_cut& request) {
  if (removed_.contains(request.partition))
    return fail(errc::unknown_topic_or_partition, request.partition.to_string() + " was deleted");
  close_partition(request.partition);
  forget_block(request.partition);
  auto after = request.checkpoint;
  std::vector<offset> gone;
  while (after.segments.size() > 1 && after.segments.back().base >= request.end) {
    gone.push_back(after.segments.back().base);
    after.segments.pop_back();
  }
  if (!after.segments.empty()) {
    auto end = cut_last(request, after.segments.back(), gone.empty() ? after.flushed_end : gone.back());
    if (!end)
      return fail(std::move(end));
    after.flushed_end = *end;
  }
  std::erase_if(after.epochs, [&](const epoch_start& e) { return e.start >= after.flushed_end; });
  after.log_start = std::min(after.log_start, after.flushed_end);
  encoded_[request.partition] = encode_partition(request.partition, after);
  dirty_ = true;
  if (!after.segments.empty())
    cuts_[request.partition] = after.segments.back();
  for (auto base : gone)
    garbage_.insert({request.partition, base});
  return segment_cut_result{request.partition, after.flushed_end, std::move(after.segments)};
}

/// Nobody would read it, unless the checkpoint is lost one day.
void segment_store::trim_cuts() {
  for (auto& [partition, segment] : std::exchange(cuts_, {})) {
    if (open_by_partition_.contains(partition)) // it is written to again, and was trimmed for that
      continue;
    auto log = fs_.open(segment_path(options_.directory, partition, segment.base), {.write = true});
    if (log && (*log)->truncate(segment.size_bytes))
      static_cast<void>((*log)->sync());
  }
}

/// Where the log ends then.
result<offset> segment_store::cut_last(const segment_cut& request, segment_info& last, offset last_end) {
  auto path = segment_path(options_.directory, request.partition, last.base);
  auto log = fs_.open(path, {});
  if (!log)
    return fail(std::move(log));
  segment_info kept{last.base, 0, last.first_timestamp, {}};
  sequential_source from{**log, cut_chunk_bytes, last.size_bytes};
  segment_walk walk{from, request.checkpoint.epochs, 0, last.base, last_end};
  auto end = last.base;
  while (true) {
    auto next = walk.next();
    if (!next)
      return fail(std::move(next));
    if (auto& damage = walk.damaged()) {
      auto reached = *next ? (*next)->view.base_offset() : last_end;
      if (reached > request.end)
        break;
      kept.size_bytes = damage->end;
      end = reached;
    }
    if (!*next || (*next)->view.next_offset() > request.end)
      break;
    auto& [position, view, data] = **next;
    if (view.max_timestamp() > kept.max_timestamp.timestamp)
      kept.max_timestamp = {view.max_timestamp(), view.base_offset()};
    kept.size_bytes = position + data.size();
    end = view.next_offset();
  }
  if (kept.size_bytes == 0)
    kept.first_timestamp = no_timestamp;
  else if (last.max_timestamp.batch < end) // which may have rotted
    kept.max_timestamp = last.max_timestamp;
  if (auto cut = cut_index(index_path(options_.directory, request.partition, last.base), kept.size_bytes); !cut)
    return fail(std::move(cut));
  last = kept;
  return end;
}

result<void> segment_store::cut_index(const std::string& path, std::uint64_t segment_size) {
  auto index = read_file(fs_, path, cut_index_max_bytes);
  if (!index)
    return index.error() == errc::not_found ? result<void>{} : fail(std::move(index));
  std::string kept;
  for (auto& entry : decode_index(*index, segment_size).entries)
    encode_index_entry(entry, kept);
  return write_file_atomically(fs_, path, kept);
}

} // namespace troupe::storage
