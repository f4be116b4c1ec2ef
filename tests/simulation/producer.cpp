#include "tests/simulation/producer.hpp"

#include "runtime/record/batch_view.hpp"
#include "runtime/record/builder.hpp"
#include "runtime/wire/error_code.hpp"
#include "runtime/wire/init_producer_id.hpp"

#include <algorithm>

namespace troupe::simulation {

using wire::error_code;
using wire::produce_request;
using wire::produce_response;

namespace {

constexpr std::size_t lane_batches_max = 12;
constexpr wire::api_version last_by_name = 12;
constexpr wire::api_version first_by_id = 13;
constexpr wire::api_version zstd_since = 7;

record::compression draw_compression(random_source& random) {
  return random.one_in(4) ? static_cast<record::compression>(random.below(5)) : record::compression::none;
}

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
  auto text = client::status();
  for (auto& [where, from] : lanes_)
    if (!from.batches.empty())
      text += "; " + where.to_string() + ": " + std::to_string(from.batches.size()) + " batches, "
              + std::to_string(from.under_way) + " under way";
  return text;
}

void producer::on_connected() {
  ++connection_;
  asked_for_id_ = false;
}

void producer::on_disconnected() {
  requests_.clear();
  for (auto& [where, from] : lanes_) {
    if (!retries_)
      from.batches.erase(from.batches.begin(),
                         from.batches.begin() + static_cast<std::ptrdiff_t>(from.under_way));
    for (auto& one : from.batches)
      one.under_way = false;
    from.under_way = 0;
    from.holds = false;
  }
}

void producer::ask_for_id() {
  asked_for_id_ = true;
  wire_.send(wire::init_producer_id_request{});
}

void producer::act() {
  forget_dead_lanes();
  if (idempotent_ && id_ < 0) {
    if (!asked_for_id_)
      ask_for_id();
    return;
  }
  if (!finishing_ && random_.one_in(2))
    begin_batch();
  send_some();
}

// The records of a topic that is being deleted are nobody's business any more.
void producer::forget_dead_lanes() {
  for (auto& [where, from] : lanes_)
    if (from.under_way == 0 && !world_.known.is_live(where.topic))
      from.batches.clear();
}

producer::lane* producer::lane_for(const place& where) {
  auto& made = lanes_[where];
  if (made.where.topic.empty()) {
    made.where = where;
    made.topic = world_.known.find(where.topic)->id;
  }
  return &made;
}

void producer::begin_batch() {
  auto places = world_.known.live_places();
  if (places.empty())
    return;
  auto* to = lane_for(places[random_.below(places.size())]);
  if (to->batches.size() < lane_batches_max)
    begin_batch(*to);
}

void producer::write_everywhere() {
  acks_ = -1;
  retries_ = true;
  for (auto& where : world_.known.live_places())
    begin_batch(*lane_for(where));
  finish();
}

void producer::begin_batch(lane& to) {
  batch made;
  made.ordinal = to.batches_made++;
  made.sequence = to.next_sequence;
  for (auto n = 1 + random_.below(4); n > 0; --n) {
    auto record =
        world_.known.invent(random_, to.where, number_, world_.clock.wall(), world_.drawn.padding_max_bytes);
    world_.known.of(record).exactly_once = idempotent_;
    made.records.push_back(record);
  }
  to.next_sequence = record::sequence_after(to.next_sequence, static_cast<std::int32_t>(made.records.size()));
  to.batches.push_back(std::move(made));
}

// The first batch for a partition goes alone. A node that knows nothing of a producer takes any sequence
// number, as Kafka does: it could not tell that the second batch came without the first.
bool producer::can_send(const lane& from) const {
  if (idempotent_ && !from.is_known && from.under_way > 0)
    return false;
  // Nor may five others come behind one that is not acknowledged: a node remembers no more.
  if (from.under_way < from.batches.size()
      && from.batches[from.under_way].ordinal - from.batches.front().ordinal
             >= limits::producer_batches_remembered)
    return false;
  return from.under_way < from.batches.size() && from.under_way < under_way_max_ && !from.holds
         && !(idempotent_ && id_ < 0);
}

void producer::send_some() {
  produce_request request;
  request.acks = acks_;
  request.timeout_ms = 30'000;
  request_lanes members;
  for (auto& [where, from] : lanes_) {
    if (!can_send(from) || random_.one_in(3))
      continue;
    auto& next = from.batches[from.under_way];
    next.before = look(where);
    next.under_way = true;
    ++from.under_way;
    auto topic = std::find_if(request.topic_data.begin(), request.topic_data.end(),
                              [&](auto& one) { return one.name == where.topic; });
    if (topic == request.topic_data.end())
      topic = request.topic_data.insert(topic, {where.topic, from.topic, {}});
    topic->partition_data.push_back({where.partition, build(from, next)});
    members.push_back(where);
  }
  if (members.empty())
    return;
  auto ids_known = std::none_of(members.begin(), members.end(),
                                [&](auto& where) { return lanes_[where].topic.is_zero(); });
  auto by_id = ids_known && random_.one_in(2);
  auto id = wire_.send(request, acks_ != 0, by_id ? first_by_id : zstd_since, by_id ? 1'000 : last_by_name);
  if (acks_ != 0) {
    requests_[id] = std::move(members);
    return;
  }
  for (auto& where : members) {
    lanes_[where].batches.pop_front();
    lanes_[where].under_way = 0;
  }
}

bytes producer::build(const lane& from, const batch& what) {
  record::batch_options options;
  options.compression = draw_compression(random_);
  if (idempotent_) {
    options.producer_id = producer_id{id_};
    options.producer_epoch = producer_epoch{epoch_};
    options.base_sequence = what.sequence;
  }
  record::batch_builder builder{options};
  std::string line = "sends " + from.where.to_string();
  for (auto number : what.records) {
    auto& record = world_.known.of(number);
    if (record.sent++ == 0)
      record.connection = connection_;
    auto key = record.key.empty() ? std::nullopt : std::optional<std::string_view>{record.key};
    CHECK(builder.add(record.time, key, record.value).has_value(), "a small batch can be built");
    line += " " + std::to_string(number);
  }
  note(line + (idempotent_ ? " sequence " + std::to_string(what.sequence) : ""));
  return builder.build();
}

void producer::on_answer(const answer& from) {
  if (from.key == wire::api_key::init_producer_id) {
    auto said = wire_.open<wire::init_producer_id_response>(from);
    asked_for_id_ = false;
    if (!said || said->error_code != 0)
      return;
    id_ = said->producer_id;
    epoch_ = said->producer_epoch;
    note("is producer id " + std::to_string(id_));
    world_.checks.on(producer_id_given{id_, number_});
    return;
  }
  auto said = wire_.open<produce_response>(from);
  auto members = requests_.extract(from.correlation_id);
  if (!said || members.empty())
    return;
  std::size_t answers = 0;
  for (auto& topic : said->responses)
    for (auto& part : topic.partition_responses) {
      for (auto& where : members.mapped())
        if (where.partition == part.index
            && (topic.name.empty() ? lanes_[where].topic == topic.topic_id : where.topic == topic.name)) {
          take(lanes_[where], part);
          ++answers;
        }
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
  auto first =
      std::find_if(from.batches.begin(), from.batches.end(), [](auto& one) { return one.under_way; });
  auto done = std::move(*first);
  from.batches.erase(first);
  --from.under_way;
  from.is_known = true;
  note(from.where.to_string() + " from " + std::to_string(done.records.front()) + " is at "
       + std::to_string(said.base_offset));
  if (world_.known.is_live(from.where.topic))
    world_.checks.on(batch_acknowledged{from.where, said.base_offset, done.records, done.before});
}

void producer::refused(lane& from, std::int16_t code) {
  note(from.where.to_string() + " refused: " + error_name(code));
  auto first =
      std::find_if(from.batches.begin(), from.batches.end(), [](auto& one) { return one.under_way; });
  auto is_head = first == from.batches.begin();
  auto what = static_cast<error_code>(code);
  auto is_live = world_.known.is_live(from.where.topic);
  if (is_live && !wire::is_retriable(what) && what != error_code::unknown_topic_id
      && !(what == error_code::out_of_order_sequence_number && idempotent_ && !is_head))
    wrong("sequence: a batch for " + from.where.to_string() + " is refused: " + error_name(code));
  if (!retries_) {
    from.batches.erase(first);
    --from.under_way;
    return;
  }
  first->under_way = false;
  --from.under_way;
  from.holds = true;
}

} // namespace troupe::simulation
