#include "actors/partition/max_timestamp_search.hpp"

#include "runtime/record/inspect.hpp"

namespace troupe {

namespace {

/// So much is read at once.
constexpr std::size_t search_piece_bytes = 1 * limits::mib;

} // namespace

void max_timestamp_search_state::start(reader_actor reader, storage::segment_read where, max_timestamp_known known,
                                       partition_internal partition) {
  reader_ = std::move(reader);
  where_ = std::move(where);
  begin_ = where_.from;
  known_ = std::move(known);
  partition_ = std::move(partition);
  self_->monitor(reader_);
  self_->monitor(partition_);
  self_->monitor(known_.reply_to);
  read_on();
}

void max_timestamp_search_state::read_on() {
  auto piece = where_;
  piece.max_bytes = search_piece_bytes;
  piece.at_least_one = true;
  self_->send(reader_, read_order{std::move(piece), fetch_reply{}, self_});
}

void max_timestamp_search_state::look_at(fetch_reply& piece) {
  auto code = piece.code;
  auto before = where_.from;
  for (auto& slice : piece.batches) {
    record::batch_cursor batches{slice.view()};
    for (auto at = batches.position(); auto batch = batches.next(); at = batches.position()) {
      if (auto compared = compare(*batch, slice.slice(at, batch->size())); !compared)
        code = compared.error().code;
      where_.from = batch->next_offset();
    }
  }
  if (code != errc::none) {
    list_offset_reply reply;
    reply.tag = known_.tag;
    reply.code = code;
    self_->send(known_.reply_to, std::move(reply));
    end();
  } else if (where_.from > before && where_.from < where_.limit) {
    read_on();
  } else {
    finish();
  }
}

// What is found here comes before all that is known: of equals, the one found here counts.
result<void> max_timestamp_search_state::compare(const record::batch_view& batch, const bytes& data) {
  auto largest = batch.max_timestamp();
  if (batch.base_offset() < begin_) {
    record::decompression_budget budget;
    auto found = record::find_max_timestamp(batch, budget, begin_);
    if (!found)
      return fail(std::move(found));
    largest = *found ? (*found)->timestamp : no_timestamp;
  }
  auto& known = known_.known.timestamp;
  if (largest > known || (largest == known && best_.empty() && largest > no_timestamp)) {
    known = largest;
    best_ = data;
  }
  return {};
}

// Whoever monitors stays in memory as long as the one that is monitored, until he says that he is done.
void max_timestamp_search_state::end() {
  self_->demonitor(reader_.address());
  self_->demonitor(partition_.address());
  self_->demonitor(known_.reply_to.address());
  self_->quit();
}

void max_timestamp_search_state::finish() {
  end();
  if (best_.empty()) {
    self_->send(partition_, std::move(known_));
    return;
  }
  list_offset_reply reply;
  reply.tag = known_.tag;
  auto batch = record::batch_view::parse(best_.view());
  record::decompression_budget budget;
  auto found = record::find_max_timestamp(*batch, budget, begin_);
  if (!found) {
    reply.code = found.error().code;
  } else if (*found) {
    reply.found = (*found)->offset;
    reply.timestamp = (*found)->timestamp;
    reply.epoch = batch->partition_leader_epoch();
  }
  self_->send(known_.reply_to, std::move(reply));
}

partition_client::behavior_type max_timestamp_search(partition_client::stateful_pointer<max_timestamp_search_state> self,
                                                     reader_actor reader, storage::segment_read where,
                                                     max_timestamp_known known, partition_internal partition) {
  auto* state = &self->state;
  // Without reader or partition there will be no answer, and whoever waits for one hears of it in another way.
  self->set_down_handler([state](caf::down_msg&) { state->end(); });
  state->start(std::move(reader), std::move(where), std::move(known), std::move(partition));
  return {
      [](const append_reply&) {},
      [state](fetch_reply& m) { state->look_at(m); },
      [](const fetch_wakeup&) {},
      [](const list_offset_reply&) {},
      [](const epoch_end_reply&) {},
  };
}

} // namespace troupe
