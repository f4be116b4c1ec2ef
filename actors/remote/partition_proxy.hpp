// Stands for a partition that a broker elsewhere leads: whoever talks to it does not see the difference. It
// lives as long as the connections to that broker; a newer view then names another one, and what was on its
// way to this one is as good as lost, as with a partition that dies.
#pragma once

#include "actors/remote/broker_peer.hpp"

namespace troupe::remote {

struct proxy_settings {
  partition_ref partition;
  link_handle appends;
  link_handle reads;
  peer_actor peer;
  peer_owner gateway;
};

struct proxy_state {
  static inline const char* name = "remote_partition";

  proxy_state() = default; // no aggregate: CAF would pass itself as the first member

  proxy_settings settings;

  on_stale stale() const {
    return [gateway = settings.gateway] { caf::anon_send(gateway, metadata_stale{}); };
  }
};

partition_actor::behavior_type partition_proxy(partition_actor::stateful_pointer<proxy_state> self,
                                               proxy_settings settings);

} // namespace troupe::remote
