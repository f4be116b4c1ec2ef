#include "tests/simulation/auditor.hpp"

#include "actors/interface/session_messages.hpp"
#include "runtime/wire/error_code.hpp"
#include "tests/simulation/reading.hpp"

namespace troupe::simulation {

using wire::error_code;

namespace {

constexpr int searches_max = 6;

} // namespace

auditor::auditor(const world_parts& world, std::uint64_t seed) : client(world, "auditor", seed) {
  for (auto& where : world.known.live_places())
    left_.push_back(where);
}

std::string auditor::status() const {
  return client::status() + "; " + std::to_string(left_.size()) + " partitions left, "
         + (left_.empty() ? "" : left_.front().to_string() + " at " + std::to_string(position_));
}

void auditor::on_disconnected() { begin_next(); }

void auditor::begin_next() {
  stage_ = stage::start;
  searches_ = 0;
  all_ = {};
}

void auditor::next_partition() {
  left_.pop_front();
  begin_next();
}

// With retention, what was there a moment ago need not be there now.
bool auditor::may_shrink() const {
  return world_.drawn.node.log_retention_ms >= 0 || world_.drawn.node.log_retention_bytes >= 0;
}

void auditor::act() {
  if (wire_.unanswered() > 0 || left_.empty())
    return;
  switch (stage_) {
  case stage::start:
    ask(list_offset::earliest);
    break;
  case stage::end:
    ask(list_offset::latest);
    break;
  case stage::records:
    fetch();
    break;
  case stage::times:
    if (may_shrink())
      next_partition();
    else if (searches_ == 0)
      ask(list_offset::max_timestamp);
    else if (all_.records.empty() || random_.one_in(4))
      ask(world_.clock.wall().value() - static_cast<std::int64_t>(random_.below(20'000)));
    else
      ask(all_.records[random_.below(all_.records.size())].time.value()
          + static_cast<std::int64_t>(random_.below(2)));
  }
}

void auditor::ask(std::int64_t timestamp) {
  asked_ = timestamp;
  constexpr wire::api_version max_timestamp_since = 7;
  wire::list_offsets_request request;
  request.topics.push_back({left_.front().topic, {{left_.front().partition, -1, timestamp}}});
  wire_.send(request, true, timestamp == list_offset::max_timestamp ? max_timestamp_since : 0);
}

void auditor::fetch() {
  wire::fetch_request request;
  constexpr wire::api_version last_by_name = 12;
  request.max_bytes = 1'000'000;
  request.topics.push_back({left_.front().topic, {}, {}});
  auto& part = request.topics.back().partitions.emplace_back();
  part.partition = left_.front().partition;
  part.fetch_offset = position_;
  part.partition_max_bytes = static_cast<std::int32_t>(500 + random_.below(30'000));
  wire_.send(request, true, 0, last_by_name);
}

void auditor::on_answer(const answer& from) {
  if (from.key == wire::api_key::fetch) {
    auto said = wire_.open<wire::fetch_response>(from);
    if (said && said->responses.size() == 1 && said->responses[0].partitions.size() == 1)
      on_records(said->responses[0].partitions[0]);
  } else {
    auto said = wire_.open<wire::list_offsets_response>(from);
    if (said && said->topics.size() == 1 && said->topics[0].partitions.size() == 1)
      on_offset(said->topics[0].partitions[0]);
  }
}

/// Whether the answer is an error; retention may have moved the start meanwhile.
bool auditor::is_over(std::int16_t code) {
  if (code == 0)
    return false;
  auto what = static_cast<error_code>(code);
  note(left_.front().to_string() + ": " + wire::name(what));
  if (what != error_code::offset_out_of_range
      && (what == error_code::kafka_storage_error || !wire::is_retriable(what)))
    wrong("read: " + left_.front().to_string() + " is refused: " + wire::name(what));
  begin_next();
  return true;
}

void auditor::on_offset(const wire::list_offsets_response::list_offsets_partition_response& part) {
  if (is_over(part.error_code))
    return;
  auto& where = left_.front();
  note(where.to_string() + " for " + std::to_string(asked_) + " is offset " + std::to_string(part.offset));
  world_.checks.on(offset_found{where, asked_, part.offset, part.timestamp, look(where), world_.drawn.removes_records()});
  switch (stage_) {
  case stage::start:
    all_.where = where;
    all_.log_start = position_ = part.offset;
    stage_ = stage::end;
    return;
  case stage::end:
    all_.high_watermark = part.offset;
    stage_ = stage::records;
    break;
  case stage::records:
    return;
  case stage::times:
    if (++searches_ == searches_max)
      next_partition();
    return;
  }
  if (position_ >= all_.high_watermark) {
    world_.checks.on(all_);
    stage_ = stage::times;
  }
}

void auditor::on_records(const wire::fetch_response::partition_data& part) {
  if (is_over(part.error_code))
    return;
  auto& where = left_.front();
  records_read event{where, -1, position_, 0, 0, true, {}, look(where)};
  read_records(part, world_.known, event);
  world_.checks.on(event);
  if (event.records.empty()) {
    wrong("loss: " + where.to_string() + " gives nothing at " + std::to_string(position_) + " of "
          + std::to_string(all_.high_watermark));
    return;
  }
  position_ = event.records.back().offset + 1;
  all_.records.insert(all_.records.end(), event.records.begin(), event.records.end());
  if (position_ < all_.high_watermark)
    return;
  note("has read " + where.to_string() + ": " + std::to_string(all_.records.size()) + " records to "
       + std::to_string(position_));
  world_.checks.on(all_);
  stage_ = stage::times;
}

} // namespace troupe::simulation
