#include "tests/simulation_cluster/consumer.hpp"

#include "actors/interface/session_messages.hpp"
#include "runtime/wire/error_code.hpp"
#include "tests/simulation/reading.hpp"

#include <algorithm>

namespace troupe::simulation::cluster {

using wire::error_code;

namespace {

constexpr wire::api_version racks_since = 11; ///< of Fetch
constexpr std::uint64_t nearest_max_ms = 10'000;

} // namespace

consumer::consumer(const world_parts& world, int number, std::uint64_t seed)
    : client(world, "consumer " + std::to_string(number), seed), number_(number),
      rack_(world.drawn.racks ? rack_name(number % racks_count) : "") {}

void consumer::on_lost(int node) {
  std::erase_if(questions_, [node](auto& entry) { return entry.first.first == node; });
}

void consumer::act() {
  auto places = world_.known.live_places();
  if (finishing_ || places.empty())
    return;
  auto& one = places[random_.below(places.size())];
  switch (random_.below(14)) {
  case 0:
    ask_offset(one, list_offset::latest);
    break;
  case 1:
    ask_offset(one, list_offset::earliest);
    break;
  case 2:
    if (random_.one_in(3))
      positions_[one] = 0;
    break;
  case 3:
    ask_offset(one, world_.clock.wall().value() - static_cast<std::int64_t>(random_.below(20'000)));
    break;
  case 4:
    ask_epoch_end(one);
    break;
  default:
    for (int node = 0; node < static_cast<int>(world_.nodes.size()); ++node)
      fetch(node);
  }
}

void consumer::fetch(int node) {
  if (unanswered(node) > 0)
    return;
  wire::fetch_request request;
  request.max_wait_ms = static_cast<std::int32_t>(random_.one_in(2) ? 0 : random_.below(500));
  request.min_bytes = static_cast<std::int32_t>(random_.below(500));
  request.max_bytes = static_cast<std::int32_t>(random_.one_in(2) ? 1'000'000 : random_.below(8'000));
  std::vector<question> asked;
  for (auto& where : world_.known.live_places()) {
    auto to = route_to(where);
    if (to.node < 0)
      routes_are_stale();
    if (reads_from(where, to) != node || random_.one_in(3))
      continue;
    if (request.topics.empty() || request.topics.back().topic != where.topic)
      request.topics.push_back({where.topic, {}, {}});
    auto& part = request.topics.back().partitions.emplace_back();
    part.partition = where.partition;
    part.current_leader_epoch = to.epoch;
    part.fetch_offset = positions_[where];
    part.partition_max_bytes = static_cast<std::int32_t>(random_.one_in(2) ? 1 + random_.below(4'000) : 1'000'000);
    auto of_follower = to.node != node;
    asked.push_back({where, part.fetch_offset, to.epoch, of_follower ? snapshot{} : shown_by_leader(where, to.epoch), of_follower});
  }
  if (asked.empty() || !link_to(node))
    return;
  request.rack_id = rack_;
  auto least = rack_.empty() ? fetch_epochs_since : racks_since;
  auto id = link_to(node)->send(request, true, least, fetch_by_name_max);
  questions_[{node, id}] = std::move(asked);
}

int consumer::reads_from(const place& where, const route& leader) {
  auto found = nearest_.find(where);
  if (found != nearest_.end() && world_.clock.ms() >= found->second.until_ms) {
    nearest_.erase(found);
    return leader.node;
  }
  return found == nearest_.end() ? leader.node : found->second.node;
}

void consumer::ask_nearest(const place& where, std::int32_t named) {
  note("is to read " + where.to_string() + " from node " + std::to_string(named));
  auto until_ms = world_.clock.ms() + static_cast<std::int64_t>(random_.below(nearest_max_ms));
  for (auto& node : world_.nodes)
    if (node->id().value() == named)
      nearest_[where] = {node->number(), until_ms};
}

void consumer::ask_offset(const place& where, std::int64_t timestamp) {
  auto to = route_to(where);
  if (to.node < 0 || unanswered(to.node) > 0 || !link_to(to.node))
    return;
  wire::list_offsets_request request;
  request.topics.push_back({where.topic, {{where.partition, to.epoch, timestamp}}});
  auto id = link_to(to.node)->send(request, true, list_epochs_since);
  questions_[{to.node, id}] = {{where, timestamp, to.epoch, world_.told.up_to(where, to.epoch), false}};
}

// Epochs that end below the start of the log are told in another way: where nothing is removed there are none.
void consumer::ask_epoch_end(const place& where) {
  auto to = route_to(where);
  if (world_.drawn.removes_records() || to.node < 0 || unanswered(to.node) > 0 || !link_to(to.node))
    return;
  auto epoch = std::max<std::int32_t>(to.epoch - static_cast<std::int32_t>(random_.below(4)), 0);
  wire::offset_for_leader_epoch_request request;
  request.topics.push_back({where.topic, {{where.partition, to.epoch, epoch}}});
  auto id = link_to(to.node)->send(request);
  questions_[{to.node, id}] = {{where, epoch, to.epoch, {}, false}};
}

template <class Topics, class Member>
void consumer::take_all(const std::vector<question>& asked, int node, const Topics& topics, Member partitions) {
  auto name_of = [](auto& part) {
    if constexpr (requires { part.partition_index; })
      return part.partition_index;
    else
      return part.partition;
  };
  std::size_t n = 0;
  for (auto& topic : topics)
    for (auto& part : topic.*partitions)
      if (n < asked.size() && asked[n].where.partition == name_of(part))
        take(asked[n++], node, part);
  if (n != asked.size())
    wrong("an answer has other partitions than the request");
}

void consumer::on_answer(int node, const answer& from) {
  auto asked = questions_.extract({node, from.correlation_id});
  if (asked.empty())
    return;
  using wire::fetch_response;
  using wire::list_offsets_response;
  using wire::offset_for_leader_epoch_response;
  auto& by = *link_to(node);
  if (from.key == wire::api_key::fetch) {
    if (auto said = by.open<fetch_response>(from))
      take_all(asked.mapped(), node, said->responses, &fetch_response::fetchable_topic_response::partitions);
  } else if (from.key == wire::api_key::list_offsets) {
    if (auto said = by.open<list_offsets_response>(from))
      take_all(asked.mapped(), node, said->topics, &list_offsets_response::list_offsets_topic_response::partitions);
  } else if (auto said = by.open<offset_for_leader_epoch_response>(from)) {
    take_all(asked.mapped(), node, said->topics,
             &offset_for_leader_epoch_response::offset_for_leader_topic_result::partitions);
  }
}

void consumer::served(const question& asked, int node, const snapshot& told) {
  world_.cluster_checks.on(
      partition_served{asked.where, asked.epoch, world_.nodes[static_cast<std::size_t>(node)]->id().value()});
  world_.told.note(asked.where, asked.epoch, told);
}

void consumer::refused(const question& asked, std::int16_t code) {
  nearest_.erase(asked.where);
  note(asked.where.to_string() + " at " + std::to_string(asked.asked) + ": " + error_name(code));
  routes_are_stale();
  if (!wire::is_retriable(static_cast<error_code>(code)))
    wrong("read: " + asked.where.to_string() + " is refused: " + error_name(code));
}

void consumer::take(const question& asked, int node, const wire::fetch_response::partition_data& part) {
  auto at = asked.where.to_string() + " at " + std::to_string(asked.asked) + " in epoch " + std::to_string(asked.epoch);
  if (static_cast<error_code>(part.error_code) == error_code::offset_out_of_range) {
    note(at + " is out of range");
    nearest_.erase(asked.where);
    if (asked.of_follower)
      return; // it may lag behind the leader
    if (!world_.drawn.removes_records())
      wrong("loss: " + at + " is out of range"); // it has read up to there
    ask_offset(asked.where, list_offset::earliest);
    return;
  }
  if (part.error_code != 0) {
    refused(asked, part.error_code);
    return;
  }
  records_read event{asked.where, number_, asked.asked, 0, 0, true, {}, asked.before};
  read_records(part, world_.known, event);
  note(at + ": " + std::to_string(event.records.size()) + " records, high watermark "
       + std::to_string(event.high_watermark));
  world_.checks.on(event);
  if (asked.of_follower)
    world_.cluster_checks.on(follower_read{world_.nodes[static_cast<std::size_t>(node)]->id(), event});
  else
    taken_from_leader(asked, node, event);
  if (!event.records.empty())
    positions_[asked.where] = event.records.back().offset + 1;
  if (part.preferred_read_replica >= 0)
    ask_nearest(asked.where, part.preferred_read_replica);
}

void consumer::take(const question& asked, int node,
                    const wire::offset_for_leader_epoch_response::epoch_end_offset& part) {
  if (part.error_code != 0) {
    refused(asked, part.error_code);
    return;
  }
  note(asked.where.to_string() + ": epoch " + std::to_string(asked.asked) + " ends at " + std::to_string(part.end_offset)
       + " of epoch " + std::to_string(part.leader_epoch));
  auto epoch = static_cast<std::int32_t>(asked.asked);
  world_.cluster_checks.on(epoch_end_told{asked.where, asked.epoch, epoch, part.leader_epoch, part.end_offset});
  served(asked, node, {});
}

void consumer::tell_log_start(const question& asked, const records_read& event) {
  auto& plan = world_.drawn;
  if (plan.deletions || plan.clock_jumps)
    return; // other reasons to remove, and other opinions of what is old
  auto youngest = plan.retention ? world_.clock.wall().value() - plan.nodes.front().log_retention_ms : no_timestamp.value();
  world_.cluster_checks.on(log_start_told{asked.where, event.log_start, timestamp_ms{youngest}});
}

void consumer::taken_from_leader(const question& asked, int node, const records_read& event) {
  world_.cluster_checks.on(event);
  tell_log_start(asked, event);
  served(asked, node, {0, event.high_watermark, event.log_start});
}

void consumer::take(const question& asked, int node,
                    const wire::list_offsets_response::list_offsets_partition_response& part) {
  if (part.error_code != 0) {
    refused(asked, part.error_code);
    return;
  }
  note(asked.where.to_string() + " for " + std::to_string(asked.asked) + " is offset " + std::to_string(part.offset));
  world_.checks.on(offset_found{asked.where, asked.asked, part.offset, part.timestamp, asked.before,
                                world_.drawn.removes_records() || world_.drawn.rot}); // a search steps over rot
  if (asked.asked == list_offset::earliest)
    positions_[asked.where] = std::max(positions_[asked.where], part.offset);
  served(asked, node, {0, asked.asked == list_offset::latest ? part.offset : 0,
                       asked.asked == list_offset::earliest ? part.offset : 0});
}

} // namespace troupe::simulation::cluster
