#include "runtime/storage/epoch_cache.hpp"

#include <algorithm>

namespace troupe::storage {

void epoch_cache::add(leader_epoch epoch, offset start) {
  if (epoch <= last())
    return;
  while (!starts_.empty() && starts_.back().start >= start)
    starts_.pop_back();
  starts_.push_back({epoch, start});
}

leader_epoch epoch_cache::epoch_at(offset o) const noexcept {
  auto above = std::upper_bound(starts_.begin(), starts_.end(), o,
                                [](offset value, const epoch_start& e) { return value < e.start; });
  return above == starts_.begin() ? no_leader_epoch : std::prev(above)->epoch;
}

epoch_end epoch_cache::end_offset_for(leader_epoch asked, offset log_end) const {
  if (asked < leader_epoch{0} || asked > last())
    return {};
  if (asked == last())
    return {asked, log_end};
  auto higher = std::upper_bound(starts_.begin(), starts_.end(), asked,
                                 [](leader_epoch value, const epoch_start& e) { return value < e.epoch; });
  if (higher == starts_.begin())
    return {asked, higher->start};
  return {std::prev(higher)->epoch, higher->start};
}

void epoch_cache::truncate_back(offset end) {
  while (!starts_.empty() && starts_.back().start >= end)
    starts_.pop_back();
}

void epoch_cache::truncate_front(offset start) {
  auto above = std::upper_bound(starts_.begin(), starts_.end(), start,
                                [](offset value, const epoch_start& e) { return value < e.start; });
  if (above - starts_.begin() > 2)
    starts_.erase(starts_.begin(), above - 2);
}

} // namespace troupe::storage
