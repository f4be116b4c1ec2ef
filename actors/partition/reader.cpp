#include "actors/partition/reader.hpp"

#include "runtime/record/batch_view.hpp"
#include "runtime/record/inspect.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr auto repeat_after = std::chrono::seconds{10};

// A segment that retention removed meanwhile: the client asks again and is told where the log begins.
errc seen_by_clients(const error& what) {
  return what == errc::not_found ? errc::offset_not_available : what.code;
}

} // namespace

void reader_state::start(storage::file_system& files, storage::segment_reader_options options,
                         reader_keeper_actor keeper, storage_metrics_ptr metrics) {
  keeper_ = std::move(keeper);
  metrics_ = std::move(metrics);
  segments_ = std::make_unique<storage::segment_reader>(
      files, std::move(options), [](const std::string& damage) { spdlog::warn("reader: {}", damage); });
}

// A client that is refused asks again and again: what is the same is said once in a while only.
errc reader_state::refuse(const error& what) {
  metrics_->segment_read_failures.add_alone();
  auto now = self_->clock().now();
  auto text = what.message();
  if (what != errc::not_found && (text != last_said_ || now - last_said_at_ > repeat_after)) {
    spdlog::error("reader: {}", text);
    last_said_ = std::move(text);
    last_said_at_ = now;
  }
  return seen_by_clients(what);
}

void reader_state::read(read_order& order) {
  metrics_->segment_reads.add_alone();
  auto found = segments_->read(order.read);
  if (segments_->rot() && order.owner)
    self_->send(order.owner, rot_found{*segments_->rot()});
  if (found) {
    order.reply.batches = std::move(found->batches);
    order.reply.size_bytes = found->size_bytes;
    order.reply.from_disk = true;
    metrics_->segment_read_bytes.add_alone(found->size_bytes);
    if (order.counters)
      order.counters->fetched_bytes.add(found->size_bytes);
  } else {
    order.reply.code = refuse(found.error());
    order.reply.message = found.error().message();
  }
  self_->send(order.reply_to, std::move(order.reply));
}

void reader_state::search(search_order& order) {
  list_offset_reply reply;
  reply.tag = order.tag;
  auto found = segments_->find_by_time(order.search);
  if (!found) {
    reply.code = refuse(found.error());
  } else if (found->batch.empty()) {
    self_->send(order.partition, search_missed{order.tag, order.search.timestamp, found->next, order.reply_to});
    return;
  } else if (auto batch = record::batch_view::parse(found->batch.view())) {
    record::decompression_budget budget;
    auto position = record::find_by_time(*batch, order.search.timestamp, order.search.from, budget);
    if (!position) {
      reply.code = position.error().code;
    } else if (*position) {
      reply.found = (*position)->offset;
      reply.timestamp = (*position)->timestamp;
      reply.epoch = batch->partition_leader_epoch();
    } else { // it is young enough only because of records below `from`
      self_->send(order.partition,
                  search_missed{order.tag, order.search.timestamp, batch->next_offset(), order.reply_to});
      return;
    }
  }
  self_->send(order.reply_to, std::move(reply));
}

void reader_state::find_stamp(const stamp_order& order) {
  list_offset_reply reply;
  reply.tag = order.tag;
  auto found = segments_->read(order.read);
  if (!found) {
    reply.code = refuse(found.error());
  } else if (!found->batches.empty()) {
    record::decompression_budget budget;
    auto batch = record::batch_view::parse(found->batches.front().view());
    auto position = batch ? record::find_max_timestamp(*batch, budget, order.read.from)
                          : result<std::optional<record::record_position>>{std::nullopt};
    if (position && *position) {
      reply.found = (*position)->offset;
      reply.timestamp = (*position)->timestamp;
      reply.epoch = batch->partition_leader_epoch();
    }
  }
  self_->send(order.reply_to, std::move(reply));
}

void reader_state::report() { self_->send(keeper_, order_done{}); }

void reader_state::forget(const partitions_forgotten& message) {
  for (auto& partition : message.partitions)
    segments_->forget(partition);
}

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self, storage::file_system* files,
                                   storage::segment_reader_options options, reader_keeper_actor keeper,
                                   storage_metrics_ptr metrics) {
  auto* state = &self->state;
  self->monitor(keeper); // without it nobody would ever end this one
  self->set_down_handler([self](const caf::down_msg& down) { self->quit(down.reason); });
  state->start(*files, std::move(options), std::move(keeper), std::move(metrics));
  return {
      [state](read_order& m) {
        state->read(m);
        state->report();
      },
      [state](search_order& m) {
        state->search(m);
        state->report();
      },
      [state](const stamp_order& m) {
        state->find_stamp(m);
        state->report();
      },
      [state](const partitions_forgotten& m) { state->forget(m); },
  };
}

} // namespace troupe
