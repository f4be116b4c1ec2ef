#include "actors/node/peer_directory.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

void peer_directory_state::start(peer_directory_settings settings) {
  gate_ = std::move(settings.gate);
  book_ = std::move(settings.book);
  tell_gate();
  self_->send(gate_, peer_subscription{peer_service::directory, self_});
  self_->send(settings.cache, metadata_subscription{self_});
}

void peer_directory_state::tell_gate() {
  if (auto wanted = book_->wanted(); told_ != wanted) {
    told_ = std::move(wanted);
    self_->send(gate_, *told_);
  }
}

void peer_directory_state::on_metadata(const metadata_update& update) {
  if (!update.delta->everything && update.delta->brokers.empty())
    return;
  book_->on_image(*update.image);
  tell_gate();
}

void peer_directory_state::on_status(const peer_status& status) {
  book_->on_status(status);
  if (status.connected && book_->joins())
    self_->send(gate_, peer_send{status.node, peer_service::directory, encode(directory_question{}), {}});
  tell_gate();
}

void peer_directory_state::on_peer(const peer_received& message) {
  directory_answer answer;
  auto asked = decode_directory(message.head.view(), answer);
  if (!asked) {
    spdlog::warn("peer_directory: node {} sent what cannot be understood: {}", message.from.value(),
                 asked.error().message());
  } else if (*asked) {
    self_->send(gate_, peer_send{message.from, peer_service::directory, encode(book_->known()), {}});
  } else if (book_->joins()) {
    book_->on_answer(message.from, answer);
    tell_gate();
  }
}

peer_directory_actor::behavior_type peer_directory(peer_directory_actor::stateful_pointer<peer_directory_state> self,
                                                   peer_directory_settings settings) {
  auto* state = &self->state;
  state->start(std::move(settings));
  return {
      [state](const peer_received& m) { state->on_peer(m); },
      [state](const peer_status& m) { state->on_status(m); },
      [state](const metadata_update& m) { state->on_metadata(m); },
  };
}

} // namespace troupe
