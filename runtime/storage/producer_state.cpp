#include "runtime/storage/producer_state.hpp"

#include "runtime/base/limits.hpp"

#include <algorithm>

namespace troupe::storage {

namespace {

std::string described(const batch_facts& batch) {
  return "producer " + std::to_string(batch.producer.value()) + " epoch "
         + std::to_string(batch.producer_epoch.value()) + " sequence " + std::to_string(batch.base_sequence);
}

} // namespace

producer_state::producer_state(std::vector<producer_memory> remembered) {
  for (auto& producer : remembered) {
    auto id = producer.id;
    producers_.insert_or_assign(id, std::move(producer));
  }
}

result<std::optional<remembered_batch>> producer_state::check(const batch_facts& batch) const {
  if (batch.producer == no_producer_id)
    return std::nullopt;
  auto found = producers_.find(batch.producer);
  if (found == producers_.end())
    return std::nullopt;
  auto& known = found->second;
  if (batch.producer_epoch < known.epoch)
    return fail(errc::invalid_producer_epoch,
                described(batch) + ", the current epoch is " + std::to_string(known.epoch.value()));
  if (batch.control || batch.base_sequence < 0)
    return std::nullopt;
  if (batch.producer_epoch > known.epoch) {
    if (batch.base_sequence == 0)
      return std::nullopt;
    return fail(errc::out_of_order_sequence, described(batch) + ", a new epoch begins at 0");
  }
  if (known.batches.empty())
    return std::nullopt;
  auto newest = known.batches.end() - std::min<std::ptrdiff_t>(known.batches.end() - known.batches.begin(),
                                                               limits::producer_batches_remembered);
  for (auto b = newest; b != known.batches.end(); ++b)
    if (b->base_sequence == batch.base_sequence && b->last_sequence == batch.last_sequence)
      return *b;
  auto next = record::sequence_after(known.batches.back().last_sequence, 1);
  if (batch.base_sequence == next)
    return std::nullopt;
  return fail(errc::out_of_order_sequence, described(batch) + ", the next one is " + std::to_string(next));
}

void producer_state::update(const batch_facts& batch, timestamp_ms now, offset durable_end) {
  if (batch.producer == no_producer_id)
    return;
  auto [it, is_new] = producers_.try_emplace(batch.producer);
  auto& known = it->second;
  if (is_new) {
    known.id = batch.producer;
    known.epoch = batch.producer_epoch;
    known.last_used = now;
  }
  if (batch.producer_epoch > known.epoch) {
    known.epoch = batch.producer_epoch;
    known.batches.clear();
  }
  known.last_used = std::max(known.last_used, now);
  if (batch.control || batch.base_sequence < 0)
    return;
  auto& list = known.batches;
  list.push_back({batch.base, batch.last, batch.base_sequence, batch.last_sequence, batch.max_timestamp});
  while (list.size() > limits::producer_batches_remembered
         && list[limits::producer_batches_remembered].last < durable_end)
    list.erase(list.begin());
}

void producer_state::truncate(offset end) {
  for (auto it = producers_.begin(); it != producers_.end();) {
    auto& batches = it->second.batches;
    auto gone = std::find_if(batches.begin(), batches.end(), [&](const remembered_batch& b) { return b.last >= end; });
    auto loses_all = gone == batches.begin() && gone != batches.end();
    batches.erase(gone, batches.end());
    it = loses_all ? producers_.erase(it) : std::next(it);
  }
}

std::size_t producer_state::expire(timestamp_ms now, std::int64_t expiration_ms) {
  auto before = producers_.size();
  for (auto it = producers_.begin(); it != producers_.end();) {
    auto& last_used = it->second.last_used;
    if (last_used == no_timestamp) // recovered: its time begins now
      last_used = now;
    it = now - last_used > expiration_ms ? producers_.erase(it) : std::next(it);
  }
  return before - producers_.size();
}

std::vector<producer_memory> producer_state::snapshot(offset end) const {
  std::vector<producer_memory> out;
  out.reserve(producers_.size());
  for (auto& [id, producer] : producers_) {
    auto below = [&](const remembered_batch& b) { return b.last < end; };
    if (!producer.batches.empty() && !below(producer.batches.front()))
      continue;
    auto& copy = out.emplace_back();
    copy.id = id;
    copy.epoch = producer.epoch;
    copy.last_used = producer.last_used;
    auto stop = std::find_if_not(producer.batches.begin(), producer.batches.end(), below);
    copy.batches.assign(producer.batches.begin(), stop);
  }
  return out;
}

} // namespace troupe::storage
