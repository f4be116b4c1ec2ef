#include "actors/remote/partition_proxy.hpp"

namespace troupe::remote {

partition_actor::behavior_type partition_proxy(partition_actor::stateful_pointer<proxy_state> self,
                                               proxy_settings settings) {
  self->state.settings = std::move(settings);
  auto* state = &self->state;
  auto& s = state->settings;
  return {
      [self, state, &s](append_request& m) {
        self->send(s.appends, link_call{append_call(s.partition, std::move(m), state->stale())});
      },
      [self, &s](fetch_request& m) {
        self->send(s.peer, proxied_fetch{s.partition, std::move(m)});
      },
      [self, state, &s](const list_offset_request& m) {
        self->send(s.reads, link_call{list_offset_call(s.partition, m, state->stale())});
      },
      [self, state, &s](const epoch_end_request& m) {
        self->send(s.reads, link_call{epoch_end_call(s.partition, m, state->stale())});
      },
  };
}

} // namespace troupe::remote
