#include "tests/simulation/janitor.hpp"

#include "runtime/wire/delete_records.hpp"
#include "runtime/wire/error_code.hpp"

namespace troupe::simulation {

using wire::error_code;

namespace {

constexpr std::int32_t deletion_timeout_ms = 5'000;

} // namespace

janitor::janitor(const world_parts& world, std::uint64_t seed) : client(world, "janitor", seed) {}

void janitor::act() {
  if (wire_.unanswered() > 0)
    return;
  if (is_open_ && world_.known.is_live(where_.topic))
    send();
  else if (is_open_ = false; !finishing_ && random_.one_in(30))
    choose();
}

void janitor::choose() {
  auto places = world_.known.live_places();
  if (places.empty())
    return;
  where_ = places[random_.below(places.size())];
  then_ = look(where_);
  is_open_ = true;
  auto span = static_cast<std::uint64_t>(then_.high_watermark - then_.log_start);
  before_ = random_.one_in(6) ? -1 : then_.log_start + static_cast<std::int64_t>(random_.below(span + 1));
  if (random_.one_in(12))
    before_ = then_.high_watermark + 1'000'000;
  world_.known.facts(where_).is_deleted_from = true;
  send();
}

void janitor::send() {
  wire::delete_records_request request;
  request.topics.push_back({where_.topic, {{where_.partition, before_}}});
  request.timeout_ms = deletion_timeout_ms;
  wire_.send(request);
  note("deletes " + where_.to_string() + " before " + std::to_string(before_));
}

void janitor::on_answer(const answer& from) {
  auto said = wire_.open<wire::delete_records_response>(from);
  if (!said)
    return;
  is_open_ = false;
  if (said->topics.size() != 1 || said->topics[0].partitions.size() != 1) {
    wrong("an answer has other partitions than the request");
    return;
  }
  auto& part = said->topics[0].partitions[0];
  auto code = static_cast<error_code>(part.error_code);
  note(where_.to_string() + ": " + wire::name(code) + ", low watermark " + std::to_string(part.low_watermark));
  if (!world_.known.is_live(where_.topic))
    return;
  auto is_beyond = before_ > then_.high_watermark;
  if (code == error_code::none)
    world_.checks.on(records_deleted{where_, before_, part.low_watermark, then_});
  else if (code == error_code::offset_out_of_range ? !is_beyond : !wire::is_retriable(code))
    wrong("deletion: " + where_.to_string() + " before " + std::to_string(before_) + " is refused: " + wire::name(code));
}

} // namespace troupe::simulation
