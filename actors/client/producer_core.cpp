#include "actors/client/producer_core.hpp"

#include "actors/client/record_sizes.hpp"
#include "runtime/record/partitioner.hpp"

#include <algorithm>
#include <utility>

namespace troupe::client {

namespace {

constexpr std::size_t spare_builders_max = 4;

delivery_rules delivery_rules_of(const producer_options& options) {
  delivery_rules rules;
  rules.is_idempotent = options.enable_idempotence && options.acks == required_acks::all;
  rules.is_unacknowledged = options.acks == required_acks::none;
  rules.in_flight_max = options.max_in_flight_requests_per_partition;
  rules.request_timeout_ms = options.request_timeout_ms;
  rules.backoff_first_ms = options.retry_backoff_ms;
  rules.backoff_max_ms = options.retry_backoff_max_ms;
  return rules;
}

std::optional<std::string_view> text_of(const std::optional<bytes>& data) {
  return data ? std::optional{data->view()} : std::nullopt;
}

} // namespace

producer_core::producer_core(const producer_options& options, std::uint64_t seed, send_gate& gate)
    : options_(options), rules_(delivery_rules_of(options)), gate_(gate), seed_(seed) {
  wants_identity_ = awaits_identity_ = rules_.is_idempotent;
}

// --- records come in ---

void producer_core::send(admitted_records& message, std::int64_t now_ms, timestamp_ms wall) {
  auto id = message.what.first_id;
  for (auto& record : message.what.records) {
    if (record.timestamp == no_timestamp)
      record.timestamp = wall;
    record_run run{message.from, id++, 1, message.paid_from, credit_cost_bytes(record), record.timestamp};
    count(generation_, 1);
    if (is_closed_)
      fail_one(run, generation_, {errc::shutting_down, "the producer is closed"});
    else if (run.cost_bytes > options_.max_request_size_bytes)
      fail_one(run, generation_,
               {errc::too_large, "a record of " + std::to_string(run.cost_bytes) + " bytes, max_request_size_bytes is "
                                     + std::to_string(options_.max_request_size_bytes)});
    else
      take_record(run, record, generation_, now_ms);
  }
}

void producer_core::take_record(record_run run, new_record& record, std::uint64_t generation, std::int64_t now_ms) {
  if (!has_topic()) {
    waiting_.push_back({run, std::move(record), generation, now_ms});
    consider_due(now_ms + options_.max_block_ms);
    return;
  }
  if (auto to = choose(record)) {
    put(lanes_[static_cast<std::size_t>(to->value())], run, record, generation, now_ms);
    return;
  }
  fail_one(run, generation,
           {errc::unknown_topic_or_partition, options_.topic + " has no partition "
                                                  + std::to_string(record.partition.value()) + ", it has "
                                                  + std::to_string(partition_count())});
}

std::optional<partition_id> producer_core::choose(const new_record& record) {
  if (record.partition != any_partition) {
    auto is_there = record.partition.value() >= 0 && record.partition.value() < partition_count();
    return is_there ? std::optional{record.partition} : std::nullopt;
  }
  if (record.key)
    return record::partition_of_key(record.key->view(), partition_count());
  if (!lanes_[static_cast<std::size_t>(sticky_)].is_reachable)
    next_sticky();
  return partition_id{sticky_};
}

/// The next partition that has a leader, or if none has one, the next.
void producer_core::next_sticky() noexcept {
  auto count = partition_count();
  for (std::int32_t step = 1; step < count; ++step)
    if (lanes_[static_cast<std::size_t>((sticky_ + step) % count)].is_reachable) {
      sticky_ = (sticky_ + step) % count;
      return;
    }
}

void producer_core::put(lane& to, const record_run& run, const new_record& record, std::uint64_t generation,
                        std::int64_t now_ms) {
  auto& batch = to.open;
  if (batch.builder
      && (batch.generation != generation
          || batch.builder->uncompressed_size_bytes() + run.cost_bytes > options_.batch_size_bytes))
    close(to);
  if (!batch.builder)
    open(to, generation, now_ms);
  headers_.clear();
  for (auto& header : record.headers)
    headers_.push_back({header.key, text_of(header.value)});
  auto added = batch.builder->add(record.timestamp, text_of(record.key), text_of(record.value), headers_);
  if (!added) {
    fail_one(run, generation, added.error());
    if (batch.builder->empty())
      spare_builders_.push_back(std::move(batch.builder));
    return;
  }
  auto* last = batch.runs.empty() ? nullptr : &batch.runs.back();
  if (last && last->sender == run.sender && last->first_id + last->count == run.first_id
      && last->paid_from == run.paid_from) {
    ++last->count;
    last->cost_bytes += run.cost_bytes;
  } else {
    batch.runs.push_back(run);
  }
  if (batch.builder->uncompressed_size_bytes() >= options_.batch_size_bytes)
    close(to);
  touch(to);
}

void producer_core::open(lane& which, std::uint64_t generation, std::int64_t now_ms) {
  auto& batch = which.open;
  if (spare_builders_.empty()) {
    record::batch_options options;
    options.compression = options_.compression_type;
    options.compression_level = options_.compression_level;
    batch.builder = std::make_unique<record::batch_builder>(options);
  } else {
    batch.builder = std::move(spare_builders_.back());
    spare_builders_.pop_back();
  }
  batch.opened_ms = now_ms;
  batch.generation = generation;
}

void producer_core::close(lane& which) {
  auto& batch = which.open;
  outgoing_batch done;
  done.record_count = static_cast<std::uint32_t>(batch.builder->record_count());
  done.identity = which.queue.next_identity(done.record_count);
  auto& options = batch.builder->options();
  options.producer_id = done.identity.id;
  options.producer_epoch = done.identity.epoch;
  options.base_sequence = done.identity.base_sequence;
  done.data = batch.builder->build();
  done.runs = std::move(batch.runs);
  done.deadline_ms = batch.opened_ms + options_.delivery_timeout_ms;
  done.generation = batch.generation;
  batch.runs.clear();
  if (spare_builders_.size() < spare_builders_max)
    spare_builders_.push_back(std::move(batch.builder));
  batch.builder.reset();
  which.queue.add(std::move(done));
  if (which.id.value() == sticky_)
    next_sticky();
}

void producer_core::refuse(const record_run& run, error why) {
  if (!reports_.empty()) {
    auto& last = reports_.back();
    if (last.to == run.sender && last.what.what.code == why.code && last.what.partition == any_partition
        && !last.what.may_be_written && last.what.first_id + last.what.count == run.first_id) {
      ++last.what.count;
      return;
    }
  }
  reports_.push_back({run.sender, {run.first_id, 1, any_partition, no_offset, no_timestamp, std::move(why), false}});
}

void producer_core::fail_one(const record_run& run, std::uint64_t generation, error why) {
  count(generation, -1);
  gate_.give_back(run.sender, run.paid_from, run.cost_bytes);
  refuse(run, std::move(why));
}

// --- what is known of the cluster ---

void producer_core::topic_changed() {
  for (auto& lane : lanes_) {
    lane.queue.restart();
    touch(lane);
  }
}

void producer_core::topic_found(std::int32_t partition_count, std::int64_t now_ms) {
  auto is_new = !has_topic();
  while (static_cast<std::int32_t>(lanes_.size()) < partition_count) {
    auto& made = lanes_.emplace_back(partition_id{static_cast<std::int32_t>(lanes_.size())}, rules_);
    if (id_ != no_producer_id)
      made.queue.set_identity(id_, epoch_);
  }
  for (auto gone = partition_count; gone < partition_count_; ++gone) {
    auto& lane = lanes_[static_cast<std::size_t>(gone)];
    lane.is_reachable = false;
    give_up(lane, {errc::unknown_topic_or_partition,
                   options_.topic + " was made again, with " + std::to_string(partition_count) + " partitions"});
  }
  partition_count_ = partition_count;
  if (sticky_ >= partition_count)
    sticky_ = 0;
  if (!is_new || !has_topic())
    return;
  sticky_ = static_cast<std::int32_t>(seed_ % static_cast<std::uint64_t>(partition_count));
  for (auto& waiting : std::exchange(waiting_, {}))
    take_record(waiting.run, waiting.record, waiting.generation, now_ms);
}

void producer_core::leader_changed(partition_id of, bool is_reachable) {
  auto& lane = lanes_[static_cast<std::size_t>(of.value())];
  lane.is_reachable = is_reachable;
  lane.queue.lost();
  touch(lane);
}

void producer_core::answered(partition_id by, delivery_queue::answer what, std::int64_t now_ms) {
  if (by.value() < 0 || by.value() >= partition_count())
    return;
  auto& lane = lanes_[static_cast<std::size_t>(by.value())];
  lane.queue.answered(std::move(what), now_ms);
  touch(lane);
}

void producer_core::set_identity(producer_id id, producer_epoch epoch) {
  id_ = id;
  epoch_ = epoch;
  awaits_identity_ = false;
  for (auto& lane : lanes_) {
    if (lane.queue.in_flight() > 0 || !(lane.queue.needs_identity() || !lane.queue.has_identity()))
      continue;
    lane.queue.set_identity(id, epoch);
    touch(lane);
  }
}

// --- flushing and the end ---

void producer_core::count(std::uint64_t generation, std::int64_t records) {
  outstanding_by_generation_[static_cast<std::size_t>(generation - first_generation_)] += records;
  outstanding_ += static_cast<std::uint64_t>(records);
}

void producer_core::flush(std::uint64_t token) {
  flushes_.push_back({token, generation_++});
  outstanding_by_generation_.push_back(0);
  for (auto* lane : active_)
    touch(*lane);
}

std::vector<std::uint64_t> producer_core::take_flushed() {
  while (first_generation_ < generation_ && outstanding_by_generation_.front() == 0) {
    outstanding_by_generation_.pop_front();
    ++first_generation_;
  }
  std::vector<std::uint64_t> done;
  std::erase_if(flushes_, [&](auto& mark) {
    if (mark.generation < first_generation_)
      done.push_back(mark.token);
    return mark.generation < first_generation_;
  });
  return done;
}

void producer_core::give_up_all(const error& why) {
  for (auto& waiting : std::exchange(waiting_, {}))
    fail_one(waiting.run, waiting.generation, why);
  for (auto& lane : lanes_)
    give_up(lane, why);
}

void producer_core::give_up(lane& which, const error& why) {
  if (which.open.builder)
    close(which);
  which.queue.give_up_all(why);
  settle(which);
}

// --- going on ---

bool producer_core::is_due(const lane& which, std::int64_t now_ms) const noexcept {
  return which.open.opened_ms + options_.linger_ms <= now_ms || which.open.generation < generation_ || is_closed_;
}

void producer_core::touch(lane& which) {
  if (!std::exchange(which.is_dirty, true))
    dirty_.push_back(&which);
  if (!std::exchange(which.is_active, true))
    active_.push_back(&which);
}

void producer_core::pump(lane& which, std::int64_t now_ms) {
  while (which.is_reachable) {
    if (auto order = which.queue.next(now_ms)) {
      orders_.push_back({which.id, order->number, std::move(order->data)});
      continue;
    }
    if (!which.open.builder || !is_due(which, now_ms) || !which.queue.has_room(now_ms))
      break;
    close(which);
    if (which.queue.needs_identity())
      break;
  }
  if (which.queue.needs_identity() && !std::exchange(awaits_identity_, true))
    wants_identity_ = true;
  settle(which);
  consider_due(due_of(which, now_ms));
}

std::optional<std::int64_t> producer_core::due_of(const lane& which, std::int64_t now_ms) const noexcept {
  auto due = which.queue.due_at_ms();
  if (which.open.builder) {
    // Once it has lingered, it waits for an answer, or for its deadline.
    auto waits = which.is_reachable && which.queue.has_room(now_ms);
    auto at = which.open.opened_ms + (waits ? options_.linger_ms : options_.delivery_timeout_ms);
    due = due ? std::min(*due, at) : at;
  }
  return due;
}

void producer_core::consider_due(std::optional<std::int64_t> at) noexcept {
  if (at && (!due_at_ms_ || *at < *due_at_ms_))
    due_at_ms_ = at;
}

void producer_core::expire(std::int64_t now_ms) {
  due_at_ms_.reset();
  while (!waiting_.empty() && waiting_.front().taken_ms + options_.max_block_ms <= now_ms) {
    auto& late = waiting_.front();
    fail_one(late.run, late.generation,
             {errc::unknown_topic_or_partition, "there is no topic '" + options_.topic + "'"});
    waiting_.pop_front();
  }
  if (!waiting_.empty())
    consider_due(waiting_.front().taken_ms + options_.max_block_ms);
  std::erase_if(active_, [this](lane* which) {
    which->is_active = which->open.builder || !which->queue.empty() || which->queue.has_outcomes();
    return !which->is_active;
  });
  for (auto* which : active_) {
    if (which->open.builder && which->open.opened_ms + options_.delivery_timeout_ms <= now_ms)
      close(*which);
    which->queue.expire(now_ms);
    touch(*which);
  }
}

void producer_core::advance(std::int64_t now_ms) {
  if (due_at_ms_ && *due_at_ms_ <= now_ms)
    expire(now_ms);
  // A lane that is looked at may touch itself, no other.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->is_dirty = false;
    pump(*dirty_[i], now_ms);
  }
  dirty_.clear();
}

// --- reports ---

void producer_core::settle(lane& of) {
  for (auto& outcome : of.queue.take_outcomes())
    settle(of.id, outcome);
}

void producer_core::settle(partition_id of, batch_outcome& outcome) {
  count(outcome.generation, -static_cast<std::int64_t>(outcome.record_count));
  std::uint32_t position = 0;
  auto refused = outcome.refused.begin();
  std::sort(refused, outcome.refused.end(), [](auto& a, auto& b) { return a.index < b.index; });
  for (auto& run : outcome.runs) {
    gate_.give_back(run.sender, run.paid_from, run.cost_bytes);
    // The records that are to blame have their own report; the others of the run are reported in between.
    auto end = position + run.count;
    for (auto first = position; first < end;) {
      while (refused != outcome.refused.end() && refused->index < first)
        ++refused;
      auto blamed = refused != outcome.refused.end() && refused->index == first;
      auto stop = blamed ? first + 1 : refused != outcome.refused.end() ? std::min(end, refused->index) : end;
      delivery what{run.first_id + (first - position), stop - first, of, no_offset, no_timestamp, outcome.what,
                    outcome.may_be_written};
      if (what.is_written())
        what.timestamp = outcome.append_time != no_timestamp ? outcome.append_time : run.timestamp;
      if (what.is_written() && outcome.base != no_offset)
        what.base_offset = outcome.base + static_cast<std::int64_t>(first);
      if (blamed)
        what.what.detail = refused->why;
      else if (!outcome.refused.empty())
        what.what.detail = "another record of its batch was refused";
      reports_.push_back({run.sender, std::move(what)});
      first = stop;
    }
    position = end;
  }
}

} // namespace troupe::client
