// All connections to one broker: one for appends, one for reads that are answered at once, and a few on which
// reads wait (fetch_watches). If one of them is lost, all are given up, and the peer ends: the gateway makes
// another one.
#pragma once

#include "actors/remote/fetch_watches.hpp"
#include "actors/remote/link.hpp"

#include <map>
#include <string>
#include <vector>

#include <caf/all.hpp>

namespace troupe::remote {

/// To the gateway: the broker can be used. Calls go to these two.
struct peer_up {
  link_handle appends;
  link_handle reads;
};

/// To the gateway, before the peer ends: why, in a sentence.
struct peer_trouble {
  std::string why;
};

/// To the gateway: a broker said something that does not go with the metadata.
struct metadata_stale {};

using peer_owner =
    caf::typed_actor<caf::reacts_to<peer_up>, caf::reacts_to<peer_trouble>, caf::reacts_to<metadata_stale>>;

/// A proxy passes a reader's request on.
struct proxied_fetch {
  partition_ref partition;
  fetch_request request;
};

/// INTERNAL: the answer to it.
struct proxied_reply {
  partition_ref partition;
  fetch_request request;
  fetch_reply reply;
};

/// INTERNAL: what a round of waiting brought.
struct round_over {
  std::size_t slot = 0;
  fetch_watches::round_number round = 0;
  result<wire::fetch_response> answer;
};

using peer_actor =
    caf::typed_actor<caf::reacts_to<proxied_fetch>, caf::reacts_to<proxied_reply>, caf::reacts_to<round_over>,
                     caf::reacts_to<link_up>, caf::reacts_to<link_trouble>, caf::reacts_to<link_slow>>;

struct peer_settings {
  server_address server;
  pipeline_options options;
  std::size_t attempt = 0;
  link_factory open = open_link;
  peer_owner owner;
};

class peer_state {
public:
  static inline const char* name = "remote_peer";

  explicit peer_state(peer_actor::pointer self) : self_(self) {}

  void start(peer_settings settings);
  void fetch(proxied_fetch& message);
  void on_reply(proxied_reply& message);
  void on_round(round_over& message);
  void on_link_up(const link_up& message);
  void on_trouble(const link_trouble& message);
  void on_slow();
  void on_down(const caf::down_msg& down);
  /// The links refuse from now on what still comes.
  void end(const caf::error& why);
  /// They end at once.
  void abandon(const caf::error& why);

private:
  struct waiting_slot {
    link_handle link;
    bool busy = false;
  };

  link_handle open_link();
  template <class F>
  void for_each_link(F&& f);
  void stop_monitoring();
  void read(proxied_fetch message);
  void begin_rounds();
  void begin_round(std::size_t slot, bool is_last);

  peer_actor::pointer self_;
  peer_settings settings_;
  link_handle appends_;
  link_handle reads_;
  std::size_t ups_ = 0; ///< of these two
  std::vector<waiting_slot> slots_;
  fetch_watches watches_;
  fetch_watches::round_number last_round_ = 0;
  std::map<caf::actor_id, caf::actor_addr> known_clients_; ///< that are monitored
};

peer_actor::behavior_type broker_peer(peer_actor::stateful_pointer<peer_state> self, peer_settings settings);

} // namespace troupe::remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::peer_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::peer_trouble)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::metadata_stale)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::proxied_fetch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::proxied_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remote::round_over)
