#include "actors/client/partition_reader.hpp"

#include "actors/client/open_batches.hpp"
#include "actors/interface/session_messages.hpp"

#include <algorithm>
#include <utility>

namespace troupe::client {

namespace {

/// What does not pass by waiting.
bool is_final(errc code) {
  switch (code) {
  case errc::corrupt:
  case errc::checksum_mismatch:
  case errc::malformed:
  case errc::end_of_input:
  case errc::invalid_record:
  case errc::unsupported_compression:
  case errc::unsupported_version:
  case errc::too_large:
  case errc::wrong_format:
  case errc::permission_denied:
  case errc::invalid_request:
    return true;
  default:
    return false;
  }
}

} // namespace

partition_reader::partition_reader(std::string topic, partition_id partition, start_point from,
                                   const consumer_options& options)
    : options_(options), topic_(std::move(topic)), partition_(partition) {
  begin(from);
}

void partition_reader::begin(start_point from) {
  is_reset_ = false;
  told_end_ = false;
  handed_ = position_ = no_offset;
  if (from.number < 0)
    return stop({errc::invalid_argument, "an offset or a time must not be negative"});
  switch (from.where) {
  case start_point::kind::beginning:
    return locate(list_offset::earliest);
  case start_point::kind::end:
    return locate(list_offset::latest);
  case start_point::kind::at_time:
    return locate(from.number);
  case start_point::kind::at_offset:
    handed_ = position_ = offset{from.number};
    state_ = state::reading;
  }
}

void partition_reader::locate(std::int64_t timestamp) {
  state_ = state::locating;
  wanted_timestamp_ = timestamp;
}

void partition_reader::seek(start_point to) {
  items_.clear();
  queued_bytes_ = 0;
  asked_ = question::none;
  patient_until_ms_.reset();
  calm();
  begin(to);
}

/// Whatever failed is over.
void partition_reader::calm() noexcept {
  retry_at_ms_.reset();
  backoff_ms_ = 0;
}

void partition_reader::topic_changed() noexcept {
  asked_ = question::none;
  if (state_ == state::locating || state_ == state::stopped)
    return;
  is_reset_ = true;
  locate(list_offset::earliest);
}

void partition_reader::leader_changed(bool is_reachable) noexcept {
  is_reachable_ = is_reachable;
  asked_ = question::none;
  retry_at_ms_.reset();
  if (state_ == state::waiting)
    state_ = state::reading;
}

// --- questions ---

partition_reader::question partition_reader::next_question(std::int64_t now_ms) const noexcept {
  if (!is_reachable_ || is_paused_ || asked_ != question::none || (retry_at_ms_ && now_ms < *retry_at_ms_))
    return question::none;
  if (state_ == state::locating)
    return question::offset;
  auto enough = queued_bytes_ >= options_.max_partition_fetch_bytes;
  return state_ == state::reading && !enough ? question::records : question::none;
}

std::int64_t partition_reader::ask_offset(std::uint64_t number, std::int64_t now_ms) {
  asked_ = question::offset;
  number_ = number;
  asked_at_ms_ = now_ms;
  return wanted_timestamp_;
}

partition_reader::fetch_plan partition_reader::ask_records(std::uint64_t number, std::int64_t now_ms) {
  asked_ = question::records;
  number_ = number;
  asked_at_ms_ = now_ms;
  if (!patient_until_ms_)
    patient_until_ms_ = now_ms + options_.fetch_max_wait_ms;
  auto wake_below = is_late(now_ms) ? 1 : options_.fetch_min_bytes;
  return {position_, static_cast<std::uint32_t>(options_.max_partition_fetch_bytes),
          static_cast<std::uint32_t>(wake_below)};
}

void partition_reader::woken(std::uint64_t number) noexcept {
  if (state_ == state::waiting && number == number_)
    state_ = state::reading;
}

std::optional<std::int64_t> partition_reader::due_at_ms() const noexcept {
  if (!is_reachable_ || is_paused_)
    return std::nullopt;
  if (asked_ != question::none)
    return asked_at_ms_ + options_.request_timeout_ms;
  if (state_ == state::waiting)
    return has_a_little_ ? patient_until_ms_ : asked_at_ms_ + options_.request_timeout_ms;
  return retry_at_ms_;
}

void partition_reader::expire(std::int64_t now_ms) {
  auto due = due_at_ms();
  if (!due || *due > now_ms)
    return;
  if (asked_ != question::none) {
    asked_ = question::none;
    back_off(now_ms);
  } else if (state_ == state::waiting) {
    state_ = state::reading;
  } else {
    retry_at_ms_.reset();
  }
}

void partition_reader::back_off(std::int64_t now_ms) {
  backoff_ms_ = backoff_ms_ == 0 ? options_.retry_backoff_ms : std::min(backoff_ms_ * 2, options_.retry_backoff_max_ms);
  retry_at_ms_ = now_ms + backoff_ms_;
}

// --- answers ---

void partition_reader::take(offset_answer answer, std::int64_t now_ms) {
  if (asked_ != question::offset || answer.number != number_)
    return;
  asked_ = question::none;
  if (answer.what.code != errc::none) {
    if (is_final(answer.what.code))
      stop(std::move(answer.what));
    else
      back_off(now_ms);
    return;
  }
  if (answer.found == no_offset) {
    if (wanted_timestamp_ < 0)
      return back_off(now_ms);
    return locate(list_offset::latest); // nothing is as young
  }
  calm();
  if (std::exchange(is_reset_, false)) {
    notice(partition_notice::kind::reset, position_, answer.found);
    told_end_ = false;
  } else {
    handed_ = answer.found;
  }
  position_ = answer.found;
  state_ = state::reading;
}

void partition_reader::take(fetch_answer answer, std::int64_t now_ms) {
  if (asked_ != question::records || answer.number != number_)
    return;
  asked_ = question::none;
  if (answer.what.code == errc::offset_out_of_range)
    return out_of_range(answer.what);
  if (is_final(answer.what.code))
    return stop(std::move(answer.what));
  if (answer.what.code != errc::none)
    return back_off(now_ms);
  calm();
  high_watermark_ = answer.high_watermark;
  if (!answer.batches.empty() && (answer.size_bytes >= options_.fetch_min_bytes || is_late(now_ms)))
    return accept(std::move(answer.batches), now_ms);
  if (answer.batches.empty() && position_ < high_watermark_)
    return back_off(now_ms);
  state_ = state::waiting;
  has_a_little_ = !answer.batches.empty();
  if (!has_a_little_)
    tell_end();
}

void partition_reader::accept(std::vector<bytes> batches, std::int64_t now_ms) {
  patient_until_ms_.reset();
  auto opened = open_batches(topic_, partition_, position_, std::move(batches), options_.check_crcs);
  if (!opened)
    return stop(opened.error());
  auto before = position_;
  for (auto& batch : *opened) {
    if (batch.first_offset() > position_)
      notice(partition_notice::kind::gap, position_, batch.first_offset());
    position_ = batch.next_offset();
    if (batch.empty())
      continue;
    queued_bytes_ += batch.size_bytes();
    items_.emplace_back(std::move(batch));
    told_end_ = false;
  }
  if (position_ == before)
    back_off(now_ms); // nothing of what was asked for
}

void partition_reader::out_of_range(const error& why) {
  if (options_.auto_offset_reset == offset_reset::none)
    return stop(why);
  is_reset_ = true;
  locate(options_.auto_offset_reset == offset_reset::earliest ? list_offset::earliest : list_offset::latest);
}

void partition_reader::stop(error why) {
  state_ = state::stopped;
  notice(partition_notice::kind::stopped, position_, no_offset, std::move(why));
}

void partition_reader::tell_end() {
  if (!std::exchange(told_end_, true))
    notice(partition_notice::kind::end_of_partition, position_, position_);
}

void partition_reader::notice(partition_notice::kind what, offset from, offset next, error why) {
  items_.emplace_back(partition_notice{what, topic_, partition_, from, next, std::move(why)});
}

reader_item partition_reader::take_item() {
  auto item = std::move(items_.front());
  items_.pop_front();
  if (auto* batch = std::get_if<record_batch>(&item)) {
    queued_bytes_ -= batch->size_bytes();
    handed_ = batch->next_offset();
  } else if (auto& said = std::get<partition_notice>(item); said.next != no_offset) {
    handed_ = said.next;
  }
  return item;
}

} // namespace troupe::client
