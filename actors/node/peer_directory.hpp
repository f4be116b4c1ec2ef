// Tells the peer gate whom to be connected with, each time that it becomes known anew, and tells nodes that join where the
// others are: peer_book.hpp decides.
#pragma once

#include "actors/interface/controller_messages.hpp"
#include "actors/node/peer_book.hpp"

#include <optional>

#include <caf/all.hpp>

namespace troupe {

using peer_directory_actor = peer_client::extend<caf::reacts_to<metadata_update>>;

struct peer_directory_settings {
  peer_gate_actor gate;
  metadata_cache_actor cache;
  peer_book book;
};

class peer_directory_state {
public:
  static inline const char* name = "peer_directory";

  explicit peer_directory_state(peer_directory_actor::pointer self) : self_(self) {}

  void start(peer_directory_settings settings);
  void on_metadata(const metadata_update& update);
  void on_status(const peer_status& status);
  void on_peer(const peer_received& message);

private:
  void tell_gate();

  peer_directory_actor::pointer self_;
  peer_gate_actor gate_;
  std::optional<peer_book> book_;
  std::optional<peers_wanted> told_;
};

peer_directory_actor::behavior_type peer_directory(peer_directory_actor::stateful_pointer<peer_directory_state> self,
                                                   peer_directory_settings settings);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer_directory_settings)
