#include "actors/controller/controller.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

/// A snapshot replaces this much of the log: it bounds the time of a start.
constexpr std::size_t snapshot_after_bytes = 4 * 1024 * 1024;

} // namespace

void controller_state::start(metadata::controller_config config, raft_driver_actor raft, metadata_cache_actor cache) {
  core_.emplace(std::move(config));
  raft_ = std::move(raft);
  cache_ = std::move(cache);
  self_->send(raft_, raft_listener{self_});
}

void controller_state::decide(controller_request& request) {
  if (!told_) {
    early_.push_back(std::move(request));
    return;
  }
  if (!leading_) {
    self_->send(request.reply_to, controller_reply{request.tag, errc::not_leader, {}, {}});
    return;
  }
  auto decision = core_->decide(request.what);
  controller_reply reply{request.tag, errc::none, std::move(decision.answer), core_->image()->version()};
  if (decision.records.empty() && parked_.empty()) {
    self_->send(request.reply_to, std::move(reply));
    return;
  }
  // "It exists already" is true once that which makes it exist is committed.
  parked_.push_back({!decision.records.empty(), std::move(request.reply_to), std::move(reply)});
  if (decision.records.empty())
    return;
  self_->send(raft_, raft_proposal{metadata::encode(decision.records)});
}

void controller_state::restore(const raft_snapshot& message) {
  applied_ = message.snapshot.at;
  auto image = metadata::metadata_image::empty();
  if (!message.snapshot.state.empty()) {
    auto read = metadata::decode_snapshot(message.snapshot.state.view());
    if (!read) {
      die(read.error());
      return;
    }
    image = *read;
  }
  core_->restore(image);
  auto delta = std::make_shared<metadata::metadata_delta>();
  delta->everything = true;
  delta->to = image->version();
  self_->send(cache_, metadata_update{image, std::move(delta)});
}

void controller_state::replay(const raft_committed& message) {
  for (auto& entry : message.entries)
    replay(entry);
  take_snapshot_if_due();
}

void controller_state::replay(const raft::entry& entry) {
  applied_ = entry.at;
  if (entry.payload.empty())
    return;
  auto records = metadata::decode(entry.payload.view());
  if (!records) {
    die(records.error());
    return;
  }
  auto delta = core_->replay(*records, metadata::metadata_version{entry.at.index.value()});
  if (!delta) {
    die(delta.error());
    return;
  }
  replayed_bytes_ += entry.payload.size();
  self_->send(cache_, metadata_update{core_->image(), std::make_shared<metadata::metadata_delta>(std::move(*delta))});
  release_replies();
}

// While this node leads, entries come through in the order of its proposals, and nobody else's are among them.
void controller_state::release_replies() {
  if (!leading_ || parked_.empty())
    return;
  do {
    auto& front = parked_.front();
    front.reply.version = core_->image()->version();
    self_->send(front.reply_to, std::move(front.reply));
    parked_.pop_front();
  } while (!parked_.empty() && !parked_.front().has_entry);
}

void controller_state::lead(const raft_leadership& message) {
  if (leading_ && !message.leading) {
    refuse_parked(errc::not_leader);
    core_->abandon();
  }
  leading_ = message.leading;
  told_ = true;
  for (auto& request : std::exchange(early_, {}))
    decide(request);
}

void controller_state::refuse_parked(errc why) {
  for (auto& parked : std::exchange(parked_, {})) {
    parked.reply.code = why;
    self_->send(parked.reply_to, std::move(parked.reply));
  }
}

void controller_state::take_snapshot_if_due() {
  if (replayed_bytes_ < snapshot_after_bytes)
    return;
  replayed_bytes_ = 0;
  self_->send(raft_, snapshot_taken{applied_, metadata::encode_snapshot(*core_->image())});
}

void controller_state::die(const error& why) {
  spdlog::critical("controller: the metadata log cannot be applied: {}", why.message());
  self_->quit(caf::exit_reason::unhandled_exception);
}

controller_internal::behavior_type controller(controller_internal::stateful_pointer<controller_state> self,
                                              metadata::controller_config config, raft_driver_actor raft,
                                              metadata_cache_actor cache) {
  auto* state = &self->state;
  state->start(std::move(config), std::move(raft), std::move(cache));
  return {
      [state](controller_request& m) { state->decide(m); },
      [state](const raft_snapshot& m) { state->restore(m); },
      [state](const raft_committed& m) { state->replay(m); },
      [state](const raft_leadership& m) { state->lead(m); },
  };
}

} // namespace troupe
