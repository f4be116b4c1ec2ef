#include "actors/client/consumer_core.hpp"

#include <algorithm>

namespace troupe::client {

namespace {

handout_rules handout_rules_of(const consumer_options& options) {
  return {options.max_unanswered_batches, options.max_unanswered_bytes, options.max_poll_interval_ms,
          options.restart_backoff_ms, options.restart_backoff_max_ms};
}

} // namespace

consumer_core::consumer_core(const consumer_options& options) : options_(options), ledger_(handout_rules_of(options)) {}

consumer_core::lane_id consumer_core::add(std::string topic, partition_id partition, start_point from) {
  auto id = static_cast<lane_id>(lanes_.size());
  lanes_.push_back({partition_reader{std::move(topic), partition, from, options_}});
  return id;
}

std::optional<consumer_core::lane_id> consumer_core::find(std::string_view topic, partition_id partition) const {
  for (lane_id i = 0; i < lanes_.size(); ++i)
    if (lanes_[i].reader.partition() == partition && lanes_[i].reader.topic() == topic)
      return i;
  return std::nullopt;
}

void consumer_core::leader_changed(lane_id of, bool is_reachable) {
  lanes_[of].reader.leader_changed(is_reachable);
  touch(of);
}

void consumer_core::topic_changed(lane_id of) {
  lanes_[of].reader.topic_changed();
  touch(of);
}

void consumer_core::take(lane_id from, partition_reader::fetch_answer answer, std::int64_t now_ms) {
  if (from >= lanes_.size())
    return;
  lanes_[from].reader.take(std::move(answer), now_ms);
  touch(from);
}

void consumer_core::take(lane_id from, partition_reader::offset_answer answer, std::int64_t now_ms) {
  if (from >= lanes_.size())
    return;
  lanes_[from].reader.take(std::move(answer), now_ms);
  touch(from);
}

void consumer_core::woken(lane_id which, std::uint64_t number) {
  if (which >= lanes_.size())
    return;
  lanes_[which].reader.woken(number);
  touch(which);
}

void consumer_core::seek(lane_id which, start_point to) {
  ledger_.forget(which);
  lanes_[which].reader.seek(to);
  touch(which);
}

void consumer_core::pause(lane_id which, bool paused) {
  lanes_[which].reader.pause(paused);
  touch(which);
}

offset consumer_core::answered(lane_id of) const {
  return ledger_.first_unanswered(of).value_or(lanes_[of].reader.handed());
}

// --- the handler ---

void consumer_core::handler_started(std::int64_t now_ms) {
  has_handler_ = true;
  for (auto& item : ledger_.hand_again(now_ms))
    deliveries_.push_back(std::move(item));
}

std::int64_t consumer_core::handler_ended() noexcept {
  has_handler_ = false;
  return ledger_.next_backoff_ms();
}

bool consumer_core::handler_is_overdue(std::int64_t now_ms) const noexcept {
  auto overdue = ledger_.overdue_at_ms();
  return has_handler_ && overdue && *overdue <= now_ms;
}

// --- going on ---

void consumer_core::touch(lane_id which) {
  if (!std::exchange(lanes_[which].is_dirty, true))
    dirty_.push_back(which);
}

/// Puts the lane where it has to wait now.
void consumer_core::look_at(lane_id which, std::int64_t now_ms) {
  auto& lane = lanes_[which];
  lane.is_dirty = false;
  count(lane);
  if (lane.reader.has_items() && !std::exchange(lane.has_turn, true))
    ready_.push_back(which);
  if (lane.reader.next_question(now_ms) != partition_reader::question::none && !std::exchange(lane.is_hungry, true))
    hungry_.push_back(which);
  if (auto due = lane.reader.due_at_ms(); due && (!due_at_ms_ || *due < *due_at_ms_))
    due_at_ms_ = due;
}

void consumer_core::look_at_dirty(std::int64_t now_ms) {
  for (std::size_t i = 0; i < dirty_.size(); ++i)
    look_at(dirty_[i], now_ms);
  dirty_.clear();
}

void consumer_core::count(lane& which) {
  auto now = which.reader.queued_bytes() + (which.reader.is_fetching() ? options_.max_partition_fetch_bytes : 0);
  buffered_bytes_ += now - which.counted_bytes; // wraps when it is less
  which.counted_bytes = now;
}

void consumer_core::hand_out(std::int64_t now_ms) {
  while (has_handler_ && !is_closed_ && !ready_.empty()) {
    auto id = ready_.front();
    auto& lane = lanes_[id];
    if (!lane.reader.has_items()) { // paused meanwhile
      lane.has_turn = false;
      ready_.pop_front();
      continue;
    }
    auto* next = std::get_if<record_batch>(&lane.reader.front());
    if (next && !ledger_.has_credit(next->size_bytes()))
      return;
    ready_.pop_front();
    lane.has_turn = false;
    auto item = lane.reader.take_item();
    if (auto* batch = std::get_if<record_batch>(&item)) {
      deliveries_.emplace_back(ledger_.hand(id, std::move(*batch), now_ms));
    } else {
      auto& notice = std::get<partition_notice>(item);
      ledger_.tell(id, notice);
      deliveries_.emplace_back(std::move(notice));
    }
    look_at(id, now_ms);
  }
}

void consumer_core::ask(std::int64_t now_ms) {
  while (!is_closed_ && !hungry_.empty()) {
    auto id = hungry_.front();
    if (!ask(id, now_ms))
      return;
    hungry_.pop_front();
    lanes_[id].is_hungry = false;
    look_at(id, now_ms);
  }
}

/// False: it has to wait until there is memory.
bool consumer_core::ask(lane_id which, std::int64_t now_ms) {
  auto& reader = lanes_[which].reader;
  switch (reader.next_question(now_ms)) {
  case partition_reader::question::none:
    return true;
  case partition_reader::question::offset: {
    auto number = next_number_++;
    offset_orders_.push_back({which, number, reader.ask_offset(number, now_ms)});
    return true;
  }
  case partition_reader::question::records:
    break;
  }
  if (buffered_bytes_ > 0 && buffered_bytes_ + options_.max_partition_fetch_bytes > options_.buffer_memory_bytes)
    return false;
  auto number = next_number_++;
  fetch_orders_.push_back({which, number, reader.ask_records(number, now_ms)});
  return true;
}

void consumer_core::advance(std::int64_t now_ms) {
  if (due_at_ms_ && *due_at_ms_ <= now_ms) {
    due_at_ms_.reset();
    for (lane_id i = 0; i < lanes_.size(); ++i) {
      lanes_[i].reader.expire(now_ms);
      touch(i);
    }
  }
  look_at_dirty(now_ms);
  hand_out(now_ms);
  ask(now_ms);
}

std::optional<std::int64_t> consumer_core::due_at_ms() const noexcept {
  auto overdue = has_handler_ ? ledger_.overdue_at_ms() : std::nullopt;
  if (is_closed_ || !due_at_ms_)
    return overdue;
  return overdue ? std::min(*overdue, *due_at_ms_) : due_at_ms_;
}

} // namespace troupe::client
