#include "runtime/storage/segment_store.hpp"

#include "runtime/base/check.hpp"
#include "runtime/storage/index_file.hpp"
#include "runtime/storage/segment_files.hpp"

#include <algorithm>

namespace troupe::storage {

namespace {

bool writes_to_segment(const flush_request& request) { return request.creates_segment || !request.batches.empty(); }

} // namespace

segment_store::segment_store(file_system& fs, segment_store_options options, const checkpoint& known)
    : fs_(fs), options_(std::move(options)), removed_(known.removed), doomed_(known.removed), garbage_(known.garbage) {
  CHECK(options_.open_files_max > 0 && is_whole_blocks(options_.write_size_bytes) && options_.write_size_bytes > 0);
  for (auto& [name, state] : known.partitions) {
    encoded_.emplace_hint(encoded_.end(), name, encode_partition(name, state));
    for (auto& segment : state.segments)
      garbage_.erase({name, segment.base});
  }
}

segment_store::~segment_store() = default;

/// Everything is written before anything is synced: then one commit of the file system's journal does for all.
std::vector<result<flush_result>> segment_store::flush(std::span<const flush_request> requests) {
  std::vector<result<flush_result>> results;
  results.reserve(requests.size());
  touched what;
  for (auto& request : requests) {
    auto written = write(request, what);
    if (written)
      results.push_back(flush_result{request.partition, request.checkpoint.flushed_end});
    else
      results.push_back(fail(std::move(written)));
  }
  auto synced = sync_touched(requests, what);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (results[i] && synced[i])
      note(requests[i]);
    else if (results[i])
      results[i] = fail(std::move(synced[i]));
  }
  return results;
}

result<void> segment_store::write(const flush_request& request, touched& out) {
  if (removed_.contains(request.partition))
    return fail(errc::unknown_topic_or_partition, request.partition.to_string() + " was deleted");
  if (request.finished)
    finish(request.partition, *request.finished);
  if (!writes_to_segment(request))
    return {};
  if (request.creates_segment) {
    if (auto made = make_directory(request.partition, out); !made)
      return made;
    out.directories.insert(partition_directory(options_.directory, request.partition));
  }
  auto target = open(request);
  if (!target)
    return fail(std::move(target));
  if (auto written = write_batches(**target, request); !written)
    return written;
  ++out.segments;
  write_index(request);
  return {};
}

std::vector<result<void>> segment_store::sync_touched(std::span<const flush_request> requests, const touched& what) {
  std::vector<result<void>> results(requests.size());
  if (is_direct_ && what.segments + what.directories.size() > options_.sync_each_max) {
    if (auto synced = fs_.sync_all(options_.directory); !synced) {
      directories_.clear();
      topic_directories_.clear();
      std::fill(results.begin(), results.end(), synced);
    }
    return results;
  }
  result<void> named;
  for (auto& path : what.directories)
    if (auto synced = fs_.sync_directory(path); !synced)
      named = synced;
  if (!named) {
    directories_.clear();
    topic_directories_.clear();
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (writes_to_segment(requests[i]))
      results[i] = sync_segment(requests[i]);
    if (results[i] && requests[i].creates_segment)
      results[i] = named;
  }
  return results;
}

result<void> segment_store::sync_segment(const flush_request& request) {
  auto open = open_by_partition_.find(request.partition);
  if (open != open_by_partition_.end()) {
    auto synced = open->second->log->sync();
    if (!synced)
      close_segment(open->second);
    return synced;
  }
  auto log = fs_.open(segment_path(options_.directory, request.partition, request.segment_base), {.write = true});
  if (!log)
    return fail(std::move(log));
  return (*log)->sync();
}

result<void> segment_store::make_directory(const topic_partition& partition, touched& out) {
  if (directories_.contains(partition))
    return {};
  auto topic = topic_directory(options_.directory, partition.topic);
  if (!topic_directories_.contains(partition.topic)) {
    auto topics = options_.directory + "/topics";
    if (auto made = fs_.make_directory(topics); !made)
      return made;
    if (auto made = fs_.make_directory(topic); !made)
      return made;
    out.directories.insert(options_.directory);
    out.directories.insert(topics);
    topic_directories_.insert(partition.topic);
  }
  if (auto made = fs_.make_directory(partition_directory(options_.directory, partition)); !made)
    return made;
  out.directories.insert(topic);
  directories_.insert(partition);
  return {};
}

result<segment_store::open_segment*> segment_store::open(const flush_request& request) {
  auto known = open_by_partition_.find(request.partition);
  if (known != open_by_partition_.end()) {
    if (known->second->base == request.segment_base) {
      open_.splice(open_.begin(), open_, known->second);
      return &open_.front();
    }
    close_segment(known->second);
  }
  while (open_.size() >= options_.open_files_max)
    close_segment(std::prev(open_.end()));
  auto path = segment_path(options_.directory, request.partition, request.segment_base);
  auto opened = fs_.open(path, {.create = request.creates_segment, .write = true, .direct = true});
  if (!opened)
    return fail(std::move(opened));
  auto size = (*opened)->size();
  if (!size)
    return fail(std::move(size));
  if (*size < request.position)
    return fail(errc::corrupt, path + " ends at " + std::to_string(*size) + ", it should have "
                                 + std::to_string(request.position) + " bytes");
  if (*size > whole_blocks(request.position)) {
    // Room that was made ahead, or a write that nobody waited for any more. It must not look like data one day.
    if (auto cut = (*opened)->truncate(request.position); !cut)
      return fail(std::move(cut));
    size = request.position;
  }
  is_direct_ = is_direct_ && (*opened)->is_direct();
  open_.push_front({request.partition, request.segment_base, std::move(*opened), *size, request.position});
  open_by_partition_[request.partition] = open_.begin();
  return &open_.front();
}

result<std::string> segment_store::last_block(const open_segment& target, const flush_request& request) {
  auto size = static_cast<std::size_t>(request.position % block_size_bytes);
  if (size == 0)
    return std::string{};
  auto kept = blocks_.find(request.partition);
  if (kept != blocks_.end() && kept->second.base == request.segment_base && kept->second.end == request.position)
    return kept->second.data;
  buffer_.clear();
  auto* to = buffer_.extend(block_size_bytes);
  auto got = target.log->read_at(request.position - size, to, block_size_bytes);
  if (!got)
    return fail(std::move(got));
  if (*got < size)
    return fail(errc::corrupt, target.log->path() + " ends at " + std::to_string(request.position - size + *got)
                                 + ", it should have " + std::to_string(request.position) + " bytes");
  // Kept even beyond the limit: should the write fail, the file's block may be lost.
  forget_block(request.partition);
  blocks_size_bytes_ += size;
  return blocks_.insert_or_assign(request.partition, partial_block{request.segment_base, request.position,
                                                                   std::string{to, size}})
    .first->second.data;
}

result<void> segment_store::write_batches(open_segment& target, const flush_request& request) {
  auto block = last_block(target, request);
  if (!block)
    return fail(std::move(block));
  auto end = request.position + request.size_bytes;
  if (auto room = make_room(target, end); !room)
    return room;
  auto position = request.position - block->size();
  buffer_.clear();
  buffer_.append(*block);
  auto write_buffer = [&]() -> result<void> {
    buffer_.pad();
    auto written = target.log->write_at(position, buffer_.view());
    position += buffer_.size();
    written_bytes_ += buffer_.size();
    buffer_.clear();
    return written;
  };
  for (auto& batch : request.batches)
    for (auto rest = batch.view(); !rest.empty();) {
      auto part = rest.substr(0, options_.write_size_bytes - buffer_.size());
      buffer_.append(part);
      rest.remove_prefix(part.size());
      if (buffer_.size() == options_.write_size_bytes)
        if (auto written = write_buffer(); !written)
          return written;
    }
  if (!buffer_.empty())
    if (auto written = write_buffer(); !written)
      return written;
  target.allocated = std::max(target.allocated, position);
  target.end = end;
  return {};
}

/// Large segments grow in steps, so that their blocks lie together; small ones (there may be thousands) don't.
result<void> segment_store::make_room(open_segment& target, std::uint64_t end) {
  if (end <= target.allocated || end < limits::mib)
    return {};
  auto ahead = std::clamp<std::uint64_t>(end / 4, limits::mib, options_.preallocate_max_bytes);
  auto size = whole_blocks(end + ahead);
  if (auto made = target.log->allocate(size); made)
    target.allocated = size;
  else if (made.error().code != errc::no_space) // what is needed now may still fit
    return made;
  return {};
}

/// An index can always be rebuilt, so that a failure here is not the flush's.
void segment_store::write_index(const flush_request& request) {
  if (request.index.empty())
    return;
  std::string entries;
  for (auto& entry : request.index)
    encode_index_entry(entry, entries);
  auto path = index_path(options_.directory, request.partition, request.segment_base);
  auto index = fs_.open(path, {.create = true, .write = true});
  if (!index)
    return;
  if (request.creates_segment)
    static_cast<void>((*index)->truncate(0));
  if (auto size = (*index)->size(); size) {
    auto position = (*size + index_entry_size_bytes - 1) / index_entry_size_bytes * index_entry_size_bytes;
    static_cast<void>((*index)->write_at(position, entries));
  }
}

/// Only padding is cut, so that a failure leaves the segment as good as it was.
void segment_store::finish(const topic_partition& partition, const finished_segment& segment) {
  auto open = open_by_partition_.find(partition);
  if (open != open_by_partition_.end() && open->second->base == segment.base) {
    open->second->end = segment.size_bytes;
    static_cast<void>(open->second->log->truncate(segment.size_bytes));
    open->second->allocated = segment.size_bytes;
    close_segment(open->second);
    return;
  }
  auto log = fs_.open(segment_path(options_.directory, partition, segment.base), {.write = true, .direct = true});
  if (!log)
    return;
  if (auto size = (*log)->size(); size && *size > segment.size_bytes)
    static_cast<void>((*log)->truncate(segment.size_bytes));
}

void segment_store::note(const flush_request& request) {
  encoded_[request.partition] = encode_partition(request.partition, request.checkpoint);
  dirty_ = true;
  keep_last_block(request);
  for (auto base : request.removed)
    garbage_.insert({request.partition, base});
  for (auto& segment : request.checkpoint.segments)
    garbage_.erase({request.partition, segment.base});
}

void segment_store::keep_last_block(const flush_request& request) {
  if (request.batches.empty())
    return;
  auto end = request.position + request.size_bytes;
  auto missing = static_cast<std::size_t>(end % block_size_bytes);
  std::string data;
  data.reserve(missing);
  for (auto it = request.batches.rbegin(); it != request.batches.rend() && missing > 0; ++it) {
    auto part = it->view().substr(it->size() - std::min(missing, it->size()));
    data.insert(0, part);
    missing -= part.size();
  }
  auto before = blocks_.find(request.partition);
  if (missing > 0) { // all of this flush lies in the block that another one began
    if (before == blocks_.end() || before->second.end != request.position
        || before->second.base != request.segment_base)
      return forget_block(request.partition);
    data.insert(0, before->second.data);
  }
  forget_block(request.partition);
  if (data.empty() || blocks_size_bytes_ + data.size() > options_.last_blocks_bytes)
    return;
  blocks_size_bytes_ += data.size();
  blocks_[request.partition] = {request.segment_base, end, std::move(data)};
}

void segment_store::forget_block(const topic_partition& partition) {
  auto found = blocks_.find(partition);
  if (found == blocks_.end())
    return;
  blocks_size_bytes_ -= found->second.data.size();
  blocks_.erase(found);
}

void segment_store::close_segment(open_list::iterator which) {
  if (which->allocated > whole_blocks(which->end))
    static_cast<void>(which->log->truncate(which->end));
  open_by_partition_.erase(which->partition);
  open_.erase(which);
}

void segment_store::close_partition(const topic_partition& partition) {
  auto open = open_by_partition_.find(partition);
  if (open != open_by_partition_.end())
    close_segment(open->second);
}

void segment_store::close() {
  for (auto& segment : open_)
    if (segment.allocated > segment.end)
      static_cast<void>(segment.log->truncate(segment.end));
  open_by_partition_.clear();
  open_.clear();
}

} // namespace troupe::storage
