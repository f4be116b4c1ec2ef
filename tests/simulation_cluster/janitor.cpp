#include "tests/simulation_cluster/janitor.hpp"

#include "runtime/wire/error_code.hpp"

namespace troupe::simulation::cluster {

using wire::error_code;

namespace {

constexpr std::int32_t deletion_timeout_ms = 5'000;

} // namespace

void janitor::act() {
  auto places = world_.known.live_places();
  if (finishing_ || waits_for_answers() || places.empty() || !random_.one_in(30))
    return;
  where_ = places[random_.below(places.size())];
  auto to = route_to(where_);
  if (to.node < 0 || !link_to(to.node)) {
    routes_are_stale();
    return;
  }
  epoch_ = to.epoch;
  // Between two batches: as far as the partition was committed, now or some time ago.
  before_ = random_.one_in(3) ? -1 : shown_by_leader(where_, epoch_).high_watermark;
  note("deletes " + where_.to_string() + " before " + std::to_string(before_));
  wire::delete_records_request request;
  request.topics.push_back({where_.topic, {{where_.partition, before_}}});
  request.timeout_ms = deletion_timeout_ms;
  link_to(to.node)->send(request);
}

void janitor::on_answer(int node, const answer& from) {
  auto said = link_to(node)->open<wire::delete_records_response>(from);
  if (!said)
    return;
  if (said->topics.size() != 1 || said->topics[0].partitions.size() != 1) {
    wrong("an answer has other partitions than the request");
    return;
  }
  auto& part = said->topics[0].partitions[0];
  auto code = static_cast<error_code>(part.error_code);
  note(where_.to_string() + ": " + wire::name(code) + ", low watermark " + std::to_string(part.low_watermark));
  if (code == error_code::none) {
    // It was asked without an epoch: who answered may be a newer leader than all that were heard of.
    world_.checks.on(records_deleted{where_, before_, part.low_watermark, {}});
    world_.told.note_deleted(where_, epoch_, part.low_watermark);
    return;
  }
  routes_are_stale();
  // A new leader may not know yet how far an earlier one had shown the partition to be committed.
  if (!wire::is_retriable(code) && code != error_code::offset_out_of_range)
    wrong("deletion: " + where_.to_string() + " before " + std::to_string(before_) + " is refused: " + wire::name(code));
}

} // namespace troupe::simulation::cluster
