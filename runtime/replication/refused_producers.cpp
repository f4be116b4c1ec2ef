#include "runtime/replication/refused_producers.hpp"

namespace troupe::replication {

void refused_producers::refused(const producer_batch& batch, errc why, std::int64_t now_ms) {
  if (batch.producer == no_producer_id || batch.base_sequence < 0)
    return;
  if (noted_.size() >= most)
    std::erase_if(noted_, [now_ms](auto& entry) { return now_ms - entry.second.at_ms > remembered_ms; });
  auto found = noted_.find(batch.producer);
  if (found == noted_.end()) {
    if (noted_.size() < most)
      noted_.emplace(batch.producer, note{batch.epoch, batch.base_sequence, why, now_ms});
    return;
  }
  auto& known = found->second;
  auto is_behind = batch.epoch == known.epoch && comes_before(known.base_sequence, batch.base_sequence)
                   && now_ms - known.at_ms <= remembered_ms;
  if (batch.epoch >= known.epoch && !is_behind)
    known = {batch.epoch, batch.base_sequence, why, now_ms};
}

errc refused_producers::reason_for(const producer_batch& batch, std::int64_t now_ms) const {
  auto found = noted_.find(batch.producer);
  if (found == noted_.end())
    return errc::none;
  auto& known = found->second;
  auto is_behind = batch.epoch == known.epoch && comes_before(known.base_sequence, batch.base_sequence);
  return is_behind && now_ms - known.at_ms <= remembered_ms ? known.why : errc::none;
}

void refused_producers::taken(const producer_batch& batch) {
  auto found = noted_.find(batch.producer);
  if (found != noted_.end() && batch.epoch >= found->second.epoch
      && !(batch.epoch == found->second.epoch && comes_before(batch.base_sequence, found->second.base_sequence)))
    noted_.erase(found);
}

} // namespace troupe::replication
