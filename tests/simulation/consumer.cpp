#include "tests/simulation/consumer.hpp"

#include "actors/interface/session_messages.hpp"
#include "runtime/wire/error_code.hpp"
#include "tests/simulation/reading.hpp"

#include <algorithm>

namespace troupe::simulation {

using wire::error_code;

namespace {

constexpr wire::api_version sessions_since = 7;
constexpr wire::api_version fetch_by_name_max = 12;
constexpr wire::api_version fetch_by_id_min = 13;

} // namespace

consumer::consumer(const world_parts& world, int number, std::uint64_t seed)
    : client(world, "consumer " + std::to_string(number), seed), number_(number),
      in_sessions_(random_.one_in(2)) {}

void consumer::act() {
  if (wire_.unanswered() > 0 || finishing_)
    return;
  auto places = world_.known.live_places();
  if (places.empty())
    return;
  auto& one = places[random_.below(places.size())];
  switch (random_.below(12)) {
  case 0:
    ask_offset(one, list_offset::latest);
    break;
  case 1:
    ask_offset(one, list_offset::earliest);
    break;
  case 2:
    ask_offset(one, world_.clock.wall().value() - static_cast<std::int64_t>(random_.below(10'000)));
    break;
  case 3:
    if (random_.one_in(4))
      positions_[one] = world_.known.facts(one).log_start;
    break;
  default:
    std::erase_if(places, [this](auto&) { return random_.one_in(3); });
    if (!places.empty())
      fetch(places);
  }
}

void consumer::fetch(const std::vector<place>& places) {
  wire::fetch_request request;
  request.max_wait_ms = static_cast<std::int32_t>(random_.one_in(2) ? 0 : random_.below(500));
  request.min_bytes = static_cast<std::int32_t>(random_.below(500));
  request.max_bytes = static_cast<std::int32_t>(random_.one_in(2) ? 1'000'000 : random_.below(8'000));
  auto by_id = random_.one_in(2);
  std::vector<question> asked;
  for (auto& where : places) {
    auto& topic = *world_.known.find(where.topic);
    by_id &= !topic.id.is_zero();
    if (request.topics.empty() || request.topics.back().topic != where.topic)
      request.topics.push_back({where.topic, topic.id, {}});
    auto& part = request.topics.back().partitions.emplace_back();
    part.partition = where.partition;
    part.fetch_offset = positions_[where];
    part.partition_max_bytes =
        static_cast<std::int32_t>(random_.one_in(in_sessions_ ? 8 : 2) ? 1 + random_.below(4'000) : 1'000'000);
    asked.push_back({where, part.fetch_offset, look(where)});
  }
  if (in_sessions_) {
    fetch_in_session(std::move(request), by_id, std::move(asked));
    return;
  }
  auto id = wire_.send(request, true, by_id ? fetch_by_id_min : 0, by_id ? 1'000 : fetch_by_name_max);
  questions_[id] = std::move(asked);
}

void consumer::fetch_in_session(wire::fetch_request request, bool by_id, std::vector<question> asked) {
  if (!session_.is_open())
    session_life_ = world_.node.lives();
  else if (session_.by_id() && !by_id)
    return; // a topic whose id is not known yet
  by_id = session_.is_open() ? session_.by_id() : by_id;
  session_.shape(request, by_id);
  for (auto& topic : request.forgotten_topics_data)
    topic.topic_id = world_.known.find(topic.topic)->id;
  auto id = wire_.send(request, true, by_id ? fetch_by_id_min : sessions_since, by_id ? 1'000 : fetch_by_name_max);
  questions_[id] = std::move(asked);
}

void consumer::take_in_session(const std::vector<question>& asked, wire::fetch_response& said) {
  std::string problem;
  auto all = session_.complete(said, world_.known, problem);
  if (!all) {
    note("the session is not known any more");
    if (session_life_ == world_.node.lives())
      wrong("session: it is not known, though the node has not been restarted");
    return;
  }
  if (!problem.empty())
    wrong(problem);
  for (auto& question : asked)
    take(question, (*all)[question.where]);
}

void consumer::ask_offset(const place& where, std::int64_t timestamp) {
  wire::list_offsets_request request;
  request.topics.push_back({where.topic, {{where.partition, -1, timestamp}}});
  auto id = wire_.send(request);
  questions_[id] = {{where, timestamp, look(where)}};
}

void consumer::on_answer(const answer& from) {
  auto asked = questions_.extract(from.correlation_id);
  if (asked.empty())
    return;
  auto question_for = [&](std::int32_t partition, std::size_t& n) -> const question* {
    auto& all = asked.mapped();
    return n < all.size() && all[n].where.partition == partition ? &all[n++] : nullptr;
  };
  std::size_t n = 0;
  if (from.key == wire::api_key::fetch) {
    auto said = wire_.open<wire::fetch_response>(from);
    if (!said)
      return;
    if (in_sessions_) {
      take_in_session(asked.mapped(), *said);
      return;
    }
    for (auto& topic : said->responses)
      for (auto& part : topic.partitions)
        if (auto* question = question_for(part.partition_index, n))
          take(*question, part);
  } else {
    auto said = wire_.open<wire::list_offsets_response>(from);
    if (!said)
      return;
    for (auto& topic : said->topics)
      for (auto& part : topic.partitions)
        if (auto* question = question_for(part.partition_index, n))
          take(*question, part);
  }
  if (n != asked.mapped().size())
    wrong("an answer has other partitions than the request");
}

bool consumer::is_excused(std::int16_t code) const {
  auto what = static_cast<error_code>(code);
  // A topic that was just made is not known on every connection at the same moment.
  return what == error_code::offset_not_available || what == error_code::not_leader_or_follower
         || what == error_code::unknown_topic_or_partition || what == error_code::unknown_topic_id
         || (what == error_code::kafka_storage_error && world_.drawn.failing_disk);
}

void consumer::take(const question& asked, const wire::fetch_response::partition_data& part) {
  if (!world_.known.is_live(asked.where.topic))
    return;
  auto at = asked.where.to_string() + " at " + std::to_string(asked.asked);
  auto what = static_cast<error_code>(part.error_code);
  if (what == error_code::offset_out_of_range) {
    note(at + " is out of range");
    // Below the start: retention was faster. Above the end: what was read is not there any more.
    if (asked.asked > 0 && asked.asked <= asked.before.high_watermark
        && world_.drawn.node.log_retention_ms < 0 && world_.drawn.node.log_retention_bytes < 0
        && !world_.known.facts(asked.where).is_deleted_from)
      wrong("loss: " + at + " is out of range");
    ask_offset(asked.where, list_offset::earliest);
    return;
  }
  if (what != error_code::none) {
    note(at + ": " + error_name(part.error_code));
    if (!is_excused(part.error_code))
      wrong("read: " + at + " is refused: " + error_name(part.error_code));
    return;
  }
  records_read event{asked.where, number_, asked.asked, 0, 0, true, {}, asked.before};
  read_records(part, world_.known, event);
  note(at + ": " + std::to_string(event.records.size()) + " records, high watermark "
       + std::to_string(event.high_watermark) + ", log start " + std::to_string(event.log_start));
  world_.checks.on(event);
  if (!event.records.empty())
    positions_[asked.where] = event.records.back().offset + 1;
}

void consumer::take(const question& asked,
                    const wire::list_offsets_response::list_offsets_partition_response& part) {
  if (!world_.known.is_live(asked.where.topic))
    return;
  auto what = asked.where.to_string() + " for " + std::to_string(asked.asked);
  if (part.error_code != 0) {
    note(what + ": " + error_name(part.error_code));
    if (!is_excused(part.error_code))
      wrong("offsets: " + what + " is refused: " + error_name(part.error_code));
    return;
  }
  note(what + " is offset " + std::to_string(part.offset));
  world_.checks.on(offset_found{asked.where, asked.asked, part.offset, part.timestamp, asked.before, world_.drawn.removes_records()});
  if (asked.asked == list_offset::earliest)
    positions_[asked.where] = std::max(positions_[asked.where], part.offset);
}

} // namespace troupe::simulation
