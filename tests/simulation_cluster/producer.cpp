#include "tests/simulation_cluster/producer.hpp"

#include "runtime/record/builder.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/init_producer_id.hpp"

#include <algorithm>

namespace troupe::simulation::cluster {

using wire::error_code;
using wire::produce_request;
using wire::produce_response;

namespace {

constexpr std::size_t lane_batches_max = 12;
constexpr wire::api_version oldest = 3;
constexpr wire::api_version last_by_name = 12;

} // namespace

producer::producer(const world_parts& world, int number, std::uint64_t seed)
    : client(world, "producer " + std::to_string(number), seed), number_(number),
      idempotent_(random_.below(3) < 2), retries_(idempotent_ || random_.one_in(2)) {
  static constexpr std::int16_t choices[] = {-1, 1, 0};
  acks_ = idempotent_ ? -1 : choices[random_.below(retries_ ? 2 : 3)];
  under_way_max_ = 1 + random_.below(5);
}

bool producer::is_done() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](auto& entry) { return entry.second.batches.empty(); });
}

std::string producer::status() const {
  std::string text;
  for (auto& [where, from] : lanes_)
    if (!from.batches.empty()) {
      auto to = route_to(where);
      text += where.to_string() + ": " + std::to_string(from.batches.size()) + " batches, " + std::to_string(from.under_way)
              + " under way at " + std::to_string(from.node) + ", leader " + std::to_string(to.node) + " of epoch "
              + std::to_string(to.epoch) + "; ";
    }
  return text;
}

void producer::on_lost(int node) {
  std::erase_if(requests_, [node](auto& entry) { return entry.first.first == node; });
  if (asked_for_id_ == node)
    asked_for_id_.reset();
  for (auto& [where, from] : lanes_) {
    if (from.node != node)
      continue;
    if (!retries_)
      from.batches.erase(from.batches.begin(), from.batches.begin() + static_cast<std::ptrdiff_t>(from.under_way));
    for (auto& one : from.batches)
      one.under_way = false;
    from.under_way = 0;
    from.holds = false;
  }
}

void producer::ask_for_id() {
  if (asked_for_id_)
    return;
  if (auto node = any_node(); node >= 0) {
    asked_for_id_ = node;
    link_to(node)->send(wire::init_producer_id_request{});
  }
}

void producer::act() {
  if (idempotent_ && id_ < 0) {
    ask_for_id();
    return;
  }
  if (!finishing_)
    begin_batch();
  send_some();
}

void producer::begin_batch() {
  auto places = world_.known.live_places();
  if (places.empty())
    return;
  auto& where = places[random_.below(places.size())];
  auto& to = lanes_[where];
  to.where = where;
  if (to.batches.size() < lane_batches_max)
    begin_batch(to);
}

void producer::write_everywhere() {
  acks_ = -1;
  retries_ = true;
  for (auto& where : world_.known.live_places()) {
    lanes_[where].where = where;
    begin_batch(lanes_[where]);
    world_.cluster_checks.on(write_wanted{where, world_.clock.ms()});
  }
  finish();
}

void producer::begin_batch(lane& to) {
  batch made;
  made.ordinal = to.batches_made++;
  made.sequence = to.next_sequence;
  for (auto n = 1 + random_.below(3); n > 0; --n) {
    auto record =
        world_.known.invent(random_, to.where, number_, world_.clock.wall(), world_.drawn.padding_max_bytes);
    world_.known.of(record).exactly_once = idempotent_;
    made.records.push_back(record);
  }
  to.next_sequence = record::sequence_after(to.next_sequence, static_cast<std::int32_t>(made.records.size()));
  to.batches.push_back(std::move(made));
}

// The first batch for a partition goes alone: who knows nothing of a producer takes any sequence number, as Kafka does.
bool producer::can_send(const lane& from, const route& to) const {
  if (from.under_way >= from.batches.size() || from.under_way >= under_way_max_ || from.holds)
    return false;
  if (from.under_way > 0 && from.node != to.node)
    return false;
  if (idempotent_ && (id_ < 0 || (!from.is_known && from.under_way > 0)))
    return false;
  // Nor may five others come behind one that is not acknowledged: no more are remembered.
  return from.batches[from.under_way].ordinal - from.batches.front().ordinal < limits::producer_batches_remembered;
}

void producer::send_some() {
  for (int node = 0; node < static_cast<int>(world_.nodes.size()); ++node)
    send_to(node);
}

void producer::send_to(int node) {
  produce_request request;
  request.acks = acks_;
  request.timeout_ms = static_cast<std::int32_t>(1'000 + random_.below(9'000));
  request_lanes members;
  for (auto& [where, from] : lanes_) {
    auto to = route_to(where);
    if (to.node < 0 && from.under_way < from.batches.size())
      routes_are_stale();
    if (to.node != node || !can_send(from, to) || random_.one_in(4) || !link_to(node))
      continue;
    auto& next = from.batches[from.under_way];
    from.node = node;
    from.epoch = to.epoch;
    next.before = world_.told.up_to(where, to.epoch);
    if (next.sent++ == 0)
      next.acknowledged_before = world_.known.facts(where).acknowledged_end;
    next.under_way = true;
    ++from.under_way;
    auto topic = std::find_if(request.topic_data.begin(), request.topic_data.end(),
                              [&](auto& one) { return one.name == where.topic; });
    if (topic == request.topic_data.end())
      topic = request.topic_data.insert(topic, {where.topic, {}, {}});
    topic->partition_data.push_back({where.partition, build(from, next)});
    members.push_back(where);
  }
  if (members.empty())
    return;
  auto id = link_to(node)->send(request, acks_ != 0, oldest, last_by_name);
  ++requests_sent_;
  if (acks_ != 0) {
    requests_[{node, id}] = std::move(members);
    return;
  }
  for (auto& where : members) {
    lanes_[where].batches.pop_front();
    lanes_[where].under_way = 0;
  }
}

bytes producer::build(const lane& from, batch& what) {
  record::batch_options options;
  if (idempotent_) {
    options.producer_id = producer_id{id_};
    options.producer_epoch = producer_epoch{epoch_};
    options.base_sequence = what.sequence;
  }
  record::batch_builder builder{options};
  std::string line = "sends " + from.where.to_string() + " to node "
                     + std::to_string(world_.nodes[static_cast<std::size_t>(from.node)]->id().value()) + " in epoch "
                     + std::to_string(from.epoch) + ":";
  for (auto number : what.records) {
    auto& record = world_.known.of(number);
    if (record.sent++ == 0)
      record.connection = requests_sent_; // only within a request are others' orders known
    auto key = record.key.empty() ? std::nullopt : std::optional<std::string_view>{record.key};
    CHECK(builder.add(record.time, key, record.value).has_value(), "a small batch can be built");
    line += " " + std::to_string(number);
  }
  note(line + (idempotent_ ? " sequence " + std::to_string(what.sequence) : ""));
  return builder.build();
}

void producer::on_answer(int node, const answer& from) {
  auto& wire = *link_to(node);
  if (from.key == wire::api_key::init_producer_id) {
    auto said = wire.open<wire::init_producer_id_response>(from);
    asked_for_id_.reset();
    if (!said || said->error_code != 0)
      return;
    id_ = said->producer_id;
    epoch_ = said->producer_epoch;
    note("is producer id " + std::to_string(id_));
    world_.checks.on(producer_id_given{id_, number_});
    return;
  }
  auto said = wire.open<produce_response>(from);
  auto members = requests_.extract({node, from.correlation_id});
  if (!said || members.empty())
    return;
  std::size_t answers = 0;
  for (auto& topic : said->responses)
    for (auto& part : topic.partition_responses) {
      place where{topic.name, part.index};
      if (std::find(members.mapped().begin(), members.mapped().end(), where) == members.mapped().end())
        continue;
      take(lanes_[where], part);
      ++answers;
    }
  if (answers != members.mapped().size())
    wrong("an answer to Produce has other partitions than the request");
}

// Answers come in the order of the requests: this one is the first batch's.
void producer::take(lane& from, const produce_response::partition_produce_response& said) {
  CHECK(from.under_way > 0 && !from.batches.empty(), "an answer belongs to a batch under way");
  if (said.error_code == wire::number(error_code::none))
    acknowledged(from, said);
  else
    refused(from, said.error_code);
  if (from.under_way == 0)
    from.holds = false;
}

void producer::acknowledged(lane& from, const produce_response::partition_produce_response& said) {
  // Behind a batch that failed, later ones of a producer without sequence numbers may succeed all the same.
  auto first = std::find_if(from.batches.begin(), from.batches.end(), [](auto& one) { return one.under_way; });
  auto done = std::move(*first);
  from.batches.erase(first);
  --from.under_way;
  from.is_known = true;
  ++acknowledged_;
  note(from.where.to_string() + " from " + std::to_string(done.records.front()) + " is at "
       + std::to_string(said.base_offset));
  if (acks_ != -1)
    return; // it may be lost with its leader
  auto end = said.base_offset + static_cast<std::int64_t>(done.records.size());
  if (done.sent == 1)
    world_.cluster_checks.on(batch_written{from.where, said.base_offset, done.acknowledged_before});
  batch_acknowledged event{from.where, said.base_offset, done.records, done.before};
  world_.cluster_checks.on(event);
  world_.cluster_checks.on(write_done{from.where, world_.clock.ms()});
  world_.checks.on(event);
  if (said.base_offset >= 0)
    world_.told.note_acknowledged(from.where, from.epoch, {end, 0, 0});
}

void producer::refused(lane& from, std::int16_t code) {
  note(from.where.to_string() + " refused: " + error_name(code));
  auto first = std::find_if(from.batches.begin(), from.batches.end(), [](auto& one) { return one.under_way; });
  auto is_head = first == from.batches.begin();
  auto what = static_cast<error_code>(code);
  if (!wire::is_retriable(what) && !(what == error_code::out_of_order_sequence_number && idempotent_ && !is_head))
    wrong("sequence: a batch for " + from.where.to_string() + " is refused: " + error_name(code));
  routes_are_stale();
  if (!retries_) {
    from.batches.erase(first);
    --from.under_way;
    return;
  }
  first->under_way = false;
  --from.under_way;
  from.holds = true;
}

} // namespace troupe::simulation::cluster
