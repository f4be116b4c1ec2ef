// The part of the segment store that puts batches back where a segment has rotted.
#include "runtime/storage/segment_files.hpp"
#include "runtime/storage/segment_store.hpp"

namespace troupe::storage {

result<void> segment_store::patch(const segment_patch& request) {
  auto& where = request.where;
  if (removed_.contains(where.partition))
    return fail(errc::unknown_topic_or_partition, where.partition.to_string() + " was deleted");
  std::uint64_t size = 0;
  for (auto& batch : request.batches)
    size += batch.size();
  auto path = segment_path(options_.directory, where.partition, where.segment);
  auto log = fs_.open(path, {.write = true});
  if (!log)
    return fail(std::move(log));
  auto length = (*log)->size();
  if (!length)
    return fail(std::move(length));
  if (size > where.size_bytes || where.position + where.size_bytes > *length)
    return fail(errc::corrupt, path + " has no room for " + std::to_string(size) + " bytes at "
                                 + std::to_string(where.position));
  auto block = blocks_.find(where.partition);
  if (block != blocks_.end() && block->second.base == where.segment
      && where.position + size > block->second.end - block->second.data.size())
    forget_block(where.partition); // it may have been read from what rotted
  auto position = where.position;
  for (auto& batch : request.batches) {
    if (auto written = (*log)->write_at(position, batch.view()); !written)
      return written;
    position += batch.size();
  }
  return (*log)->sync();
}

} // namespace troupe::storage
