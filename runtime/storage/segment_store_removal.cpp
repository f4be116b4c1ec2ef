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
  cuts_.erase(partition);
  dirty_ = true;
}

result<void> segment_store::write_checkpoint() {
  settle_removals();
  auto content = encode_checkpoint(encoded_, removed_, garbage_);
  if (auto written = write_checkpoint_file(fs_, options_.directory, content); !written)
    return written;
  dirty_ = false;
  removable_segments_.assign(garbage_.begin(), garbage_.end());
  removable_partitions_.assign(doomed_.begin(), doomed_.end());
  trim_cuts();
  remove_garbage();
  return {};
}

bool segment_store::remove_garbage() {
  for (std::size_t i = 0; i < options_.removals_max; ++i) {
    if (!removable_segments_.empty()) {
      remove_segment(removable_segments_.back());
      removable_segments_.pop_back();
    } else if (!removable_partitions_.empty()) {
      remove_files(removable_partitions_.back());
      removable_partitions_.pop_back();
    }
  }
  return !removable_segments_.empty() || !removable_partitions_.empty();
}

void segment_store::remove_segment(const segment_garbage& garbage) {
  if (!garbage_.contains(garbage)) // its partition was deleted meanwhile
    return;
  auto& [partition, base] = garbage;
  auto open = open_by_partition_.find(partition);
  if (open != open_by_partition_.end() && open->second->base == base)
    close_segment(open->second);
  auto index = fs_.remove(index_path(options_.directory, partition, base));
  auto log = fs_.remove(segment_path(options_.directory, partition, base));
  if (is_gone(index) && is_gone(log))
    unlinked_.push_back(garbage);
}

/// What was removed is forgotten only once it cannot come back by a power cut.
void segment_store::settle_removals() {
  std::set<std::string> directories;
  for (auto& [partition, base] : unlinked_)
    directories.insert(partition_directory(options_.directory, partition));
  for (auto& topic : emptied_)
    directories.insert(topic_directory(options_.directory, topic));
  if (!emptied_.empty())
    directories.insert(options_.directory + "/topics");
  auto is_settled = true;
  if (directories.size() > options_.sync_each_max)
    is_settled = fs_.sync_all(options_.directory).has_value();
  else
    for (auto& path : directories)
      is_settled = is_gone(fs_.sync_directory(path)) && is_settled;
  if (is_settled)
    for (auto& garbage : unlinked_)
      garbage_.erase(garbage);
  unlinked_.clear();
  emptied_.clear();
}

void segment_store::remove_files(const topic_partition& partition) {
  if (!is_gone(fs_.remove_all(partition_directory(options_.directory, partition))))
    return;
  doomed_.erase(partition);
  emptied_.insert(partition.topic);
  auto next = doomed_.lower_bound({partition.topic, partition_id{0}});
  if (next != doomed_.end() && next->topic == partition.topic)
    return;
  // The last one of the topic that was to go: perhaps the topic's directory is empty now.
  auto path = topic_directory(options_.directory, partition.topic);
  auto left = fs_.list(path);
  if (left && left->empty() && is_gone(fs_.remove_all(path)))
    topic_directories_.erase(partition.topic);
}

} // namespace troupe::storage
