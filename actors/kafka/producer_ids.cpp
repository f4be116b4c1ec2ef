#include "actors/kafka/producer_ids.hpp"

namespace troupe::kafka {

namespace {

using self_pointer = producer_id_actor::stateful_pointer<producer_ids_state>;

void give(self_pointer self, const producer_id_request& request) {
  self->send(request.reply_to, producer_id_reply{request.tag, errc::none, producer_id{self->state.next++}});
}

void on_request(self_pointer self, producer_id_request& request) {
  auto& state = self->state;
  if (state.next < state.end) {
    give(self, request);
    return;
  }
  state.waiting.push_back(std::move(request));
  if (state.waiting.size() == 1)
    self->send(state.controller, controller_request{{}, metadata::allocate_producer_ids{}, self});
}

void on_block(self_pointer self, const controller_reply& reply) {
  auto& state = self->state;
  auto waiting = std::exchange(state.waiting, {});
  auto* block = std::get_if<metadata::allocate_producer_ids_reply>(&reply.what);
  auto code = reply.code != errc::none ? reply.code : block ? block->what.code : errc::busy;
  if (code == errc::none) {
    state.next = block->first.value();
    state.end = state.next + block->count;
  }
  for (auto& request : waiting)
    if (code != errc::none)
      self->send(request.reply_to, producer_id_reply{request.tag, code, no_producer_id});
    else
      on_request(self, request);
}

} // namespace

producer_id_actor::behavior_type producer_ids(self_pointer self, controller_actor controller) {
  self->state.controller = std::move(controller);
  return {
      [self](producer_id_request& request) { on_request(self, request); },
      [self](const controller_reply& reply) { on_block(self, reply); },
  };
}

} // namespace troupe::kafka
