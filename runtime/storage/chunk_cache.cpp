#include "runtime/storage/chunk_cache.hpp"

namespace troupe::storage {

std::optional<bytes> chunk_cache::find(const key& which) {
  auto found = by_key_.find(which);
  if (found == by_key_.end())
    return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->data;
}

void chunk_cache::put(const key& which, bytes data) {
  erase(which);
  if (data.size() > capacity_)
    return;
  while (size_ + data.size() > capacity_)
    erase(std::prev(entries_.end()));
  size_ += data.size();
  entries_.push_front({which, std::move(data)});
  by_key_[which] = entries_.begin();
}

void chunk_cache::passed(const key& which) {
  auto found = by_key_.find(which);
  if (found != by_key_.end())
    entries_.splice(entries_.end(), entries_, found->second);
}

void chunk_cache::erase(const key& which) {
  auto found = by_key_.find(which);
  if (found != by_key_.end())
    erase(found->second);
}

void chunk_cache::erase_file(std::uint64_t file) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto next = std::next(it);
    if (it->which.file == file)
      erase(it);
    it = next;
  }
}

void chunk_cache::erase(entries::iterator it) {
  size_ -= it->data.size();
  by_key_.erase(it->which);
  entries_.erase(it);
}

} // namespace troupe::storage
