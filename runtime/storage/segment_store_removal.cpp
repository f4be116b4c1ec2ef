// The part of the segment store that removes files, and the checkpoint that must be durable before.
#include "runtime/storage/segment_files.hpp"
#include "runtime/storage/segment_store.hpp"

namespace troupe::storage {

namespace {

bool is_gone(const result<void>& removed) { return removed || removed.error().code == errc::not_found; }

} // namespace

void segment_store::remove_partition(const topic_partition& partition) {
  close_partition(partition);
  forget_block(partition);
  encoded_.erase(partition);
  directories_.erase(partition);
  removed_.insert(partition);
  doomed_.insert(partition);
  std::erase_if(garbage_, [&](const segment_garbage& g) { return g.partition == partition; });
  dirty_ = true;
}

result<void> segment_store::write_checkpoint() {
  auto content = encode_checkpoint(encoded_, removed_, garbage_);
  if (auto written = write_checkpoint_file(fs_, options_.directory, content); !written)
    return written;
  dirty_ = false;
  remove_segments();
  remove_partitions();
  return {};
}

void segment_store::remove_segments() {
  for (auto it = garbage_.begin(); it != garbage_.end();) {
    auto& [partition, base] = *it;
    auto open = open_by_partition_.find(partition);
    if (open != open_by_partition_.end() && open->second->base == base)
      close_segment(open->second);
    auto index = fs_.remove(index_path(options_.directory, partition, base));
    auto log = fs_.remove(segment_path(options_.directory, partition, base));
    it = is_gone(index) && is_gone(log) ? garbage_.erase(it) : std::next(it);
  }
}

void segment_store::remove_partitions() {
  std::set<topic_id> topics;
  for (auto it = doomed_.begin(); it != doomed_.end();) {
    auto removed = fs_.remove_all(partition_directory(options_.directory, *it));
    topics.insert(it->topic);
    it = is_gone(removed) ? doomed_.erase(it) : std::next(it);
  }
  for (auto& topic : topics) {
    topic_directories_.erase(topic);
    auto path = topic_directory(options_.directory, topic);
    auto left = fs_.list(path);
    if (left && left->empty())
      static_cast<void>(fs_.remove_all(path));
  }
}

} // namespace troupe::storage
