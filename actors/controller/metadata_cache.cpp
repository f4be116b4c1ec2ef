#include "actors/controller/metadata_cache.hpp"

namespace troupe {

namespace {

using self_pointer = metadata_cache_actor::stateful_pointer<metadata_cache_state>;

void on_update(self_pointer self, const metadata_update& update) {
  self->state.image = update.image;
  for (auto& subscriber : self->state.subscribers)
    self->send(subscriber, update);
}

void on_subscription(self_pointer self, const metadata_subscription& subscription) {
  auto& state = self->state;
  state.subscribers.push_back(subscription.subscriber);
  if (!state.image)
    return;
  auto delta = std::make_shared<metadata::metadata_delta>();
  delta->everything = true;
  delta->to = state.image->version();
  self->send(subscription.subscriber, metadata_update{state.image, std::move(delta)});
}

} // namespace

metadata_cache_actor::behavior_type metadata_cache(self_pointer self) {
  return {
      [self](const metadata_update& update) { on_update(self, update); },
      [self](const metadata_subscription& subscription) { on_subscription(self, subscription); },
  };
}

} // namespace troupe
