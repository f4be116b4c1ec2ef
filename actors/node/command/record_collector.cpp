#include "actors/node/command/record_collector.hpp"

#include <algorithm>
#include <utility>

namespace troupe::command {

record_collector::record_collector(std::int32_t partition_count, collector_options options)
    : options_(options) {
  record::batch_options of_batches;
  of_batches.compression = options.compression;
  for (std::int32_t i = 0; i < partition_count; ++i)
    open_.push_back({record::batch_builder{of_batches}, {}, 0});
}

result<void> record_collector::add(partition_id to, std::uint64_t number, timestamp_ms time,
                                   std::optional<std::string_view> key, std::optional<std::string_view> value,
                                   std::span<const record::header_view> headers, std::int64_t now_ms) {
  auto& batch = open_[static_cast<std::size_t>(to.value())];
  auto size = record::batch_builder::size_bound(key, value, headers);
  if (!batch.builder.empty()
      && batch.builder.uncompressed_size_bytes() + size > static_cast<std::size_t>(options_.batch_max_bytes))
    close(to.value());
  auto was_empty = batch.builder.empty();
  if (auto added = batch.builder.add(time, key, value, headers); !added)
    return added;
  if (was_empty) {
    batch.opened_ms = now_ms;
    used_.push_back(to.value());
  }
  batch.records.push_back(number);
  collected_bytes_ += size;
  return {};
}

void record_collector::close(std::int32_t partition) {
  auto& batch = open_[static_cast<std::size_t>(partition)];
  ready_.push_back({partition_id{partition}, batch.builder.build(), std::move(batch.records)});
  batch.records.clear();
  used_.erase(std::find(used_.begin(), used_.end(), partition));
}

std::vector<collected_batch> record_collector::take_ready(std::int64_t now_ms, bool everything) {
  auto candidates = used_;
  for (auto partition : candidates)
    if (everything || open_[static_cast<std::size_t>(partition)].opened_ms + options_.linger_ms <= now_ms)
      close(partition);
  if (used_.empty())
    collected_bytes_ = 0;
  return std::exchange(ready_, {});
}

std::optional<std::int64_t> record_collector::due_at_ms() const noexcept {
  std::optional<std::int64_t> due;
  for (auto partition : used_) {
    auto at = open_[static_cast<std::size_t>(partition)].opened_ms + options_.linger_ms;
    due = due ? std::min(*due, at) : at;
  }
  return due;
}

} // namespace troupe::command
