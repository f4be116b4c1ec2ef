#include "tests/simulation_cluster/auditor.hpp"

#include "actors/interface/session_messages.hpp"
#include "runtime/wire/error_code.hpp"
#include "tests/simulation/reading.hpp"

namespace troupe::simulation::cluster {

using wire::error_code;

namespace {

constexpr int searches_max = 3;

} // namespace

auditor::auditor(const world_parts& world, std::uint64_t seed) : client(world, "auditor", seed) {
  for (auto& where : world.known.live_places())
    left_.push_back(where);
  finish();
}

std::string auditor::status() const {
  return std::to_string(left_.size()) + " partitions left, "
         + (left_.empty() ? "" : left_.front().to_string() + " at " + std::to_string(position_));
}

void auditor::begin_next() {
  stage_ = stage::start;
  searches_ = 0;
  all_ = {};
}

void auditor::act() {
  if (waits_for_answers() || left_.empty())
    return;
  to_ = route_to(left_.front());
  auto* by = to_.node < 0 ? nullptr : link_to(to_.node);
  if (!by) {
    routes_are_stale();
    return;
  }
  if (stage_ == stage::records)
    fetch(*by);
  else if (stage_ == stage::times)
    ask(*by, some_time());
  else
    ask(*by, stage_ == stage::start ? list_offset::earliest : list_offset::latest);
}

std::int64_t auditor::some_time() {
  if (searches_ == 0)
    return list_offset::max_timestamp;
  auto& one = all_.records[random_.below(all_.records.size())];
  return one.time.value() + static_cast<std::int64_t>(random_.below(2));
}

void auditor::ask(wire_client& by, std::int64_t timestamp) {
  asked_ = timestamp;
  wire::list_offsets_request request;
  request.topics.push_back({left_.front().topic, {{left_.front().partition, to_.epoch, timestamp}}});
  by.send(request, true, timestamp == list_offset::max_timestamp ? list_max_timestamp_since : list_epochs_since);
}

void auditor::fetch(wire_client& by) {
  wire::fetch_request request;
  request.max_bytes = 1'000'000;
  request.topics.push_back({left_.front().topic, {}, {}});
  auto& part = request.topics.back().partitions.emplace_back();
  part.partition = left_.front().partition;
  part.current_leader_epoch = to_.epoch;
  part.fetch_offset = position_;
  part.partition_max_bytes = static_cast<std::int32_t>(500 + random_.below(30'000));
  by.send(request, true, fetch_epochs_since, fetch_by_name_max);
}

void auditor::on_answer(int node, const answer& from) {
  auto& wire = *link_to(node);
  if (from.key == wire::api_key::fetch) {
    auto said = wire.open<wire::fetch_response>(from);
    if (said && said->responses.size() == 1 && said->responses[0].partitions.size() == 1)
      on_records(said->responses[0].partitions[0]);
  } else {
    auto said = wire.open<wire::list_offsets_response>(from);
    if (said && said->topics.size() == 1 && said->topics[0].partitions.size() == 1)
      on_offset(said->topics[0].partitions[0]);
  }
}

bool auditor::is_over(std::int16_t code) {
  if (code == 0)
    return false;
  auto what = static_cast<error_code>(code);
  note(left_.front().to_string() + ": " + wire::name(what));
  auto may_be_gone = what == error_code::offset_out_of_range && world_.drawn.retention;
  if (!may_be_gone && (!wire::is_retriable(what) || what == error_code::offset_out_of_range))
    wrong("read: " + left_.front().to_string() + " is refused: " + wire::name(what));
  routes_are_stale();
  begin_next();
  return true;
}

void auditor::on_offset(const wire::list_offsets_response::list_offsets_partition_response& part) {
  if (is_over(part.error_code))
    return;
  auto& where = left_.front();
  note(where.to_string() + " for " + std::to_string(asked_) + " is offset " + std::to_string(part.offset));
  world_.checks.on(offset_found{where, asked_, part.offset, part.timestamp, world_.told.up_to(where, to_.epoch),
                                world_.drawn.removes_records()});
  if (stage_ == stage::times) {
    if (++searches_ < searches_max)
      return;
    left_.pop_front();
    begin_next();
    return;
  }
  if (stage_ == stage::start) {
    all_.where = where;
    all_.log_start = position_ = part.offset;
    stage_ = stage::end;
    return;
  }
  all_.high_watermark = part.offset;
  stage_ = stage::records;
  next_if_read();
}

void auditor::next_if_read() {
  if (position_ < all_.high_watermark)
    return;
  note("has read " + left_.front().to_string() + ": " + std::to_string(all_.records.size()) + " records to "
       + std::to_string(position_));
  world_.checks.on(all_);
  stage_ = stage::times;
  if (!all_.records.empty() && !world_.drawn.retention)
    return;
  left_.pop_front(); // there is nothing to search, or it may go meanwhile
  begin_next();
}

void auditor::on_records(const wire::fetch_response::partition_data& part) {
  if (is_over(part.error_code))
    return;
  auto& where = left_.front();
  records_read event{where, -1, position_, 0, 0, true, {}, shown_by_leader(where, to_.epoch)};
  read_records(part, world_.known, event);
  world_.checks.on(event);
  if (event.records.empty()) {
    wrong("loss: " + where.to_string() + " gives nothing at " + std::to_string(position_) + " of "
          + std::to_string(all_.high_watermark));
    return;
  }
  position_ = event.records.back().offset + 1;
  all_.records.insert(all_.records.end(), event.records.begin(), event.records.end());
  next_if_read();
}

} // namespace troupe::simulation::cluster
