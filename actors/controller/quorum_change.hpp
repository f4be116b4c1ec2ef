// Carries out metadata::change_quorum on the node that leads: asks the quorum's driver, again while it is
// busy, until the change is committed or its time is up; answers, and is gone.
#pragma once

#include "actors/controller/raft_messages.hpp"

namespace troupe {

/// INTERNAL: ask again; or give up.
struct quorum_change_due {
  bool gives_up = false;
};

using quorum_changer_actor = quorum_change_client::extend<caf::reacts_to<quorum_change_due>>;

class quorum_changer_state {
public:
  static inline const char* name = "quorum_changer";

  explicit quorum_changer_state(quorum_changer_actor::pointer self) : self_(self) {}

  void start(raft_driver_actor raft, request_tag tag, controller_client reply_to,
             metadata::change_quorum what);
  void on_reply(const quorum_change_reply& reply);
  void on_due(quorum_change_due due);

private:
  void ask();
  void answer(errc code, error why);

  quorum_changer_actor::pointer self_;
  raft_driver_actor raft_;
  request_tag tag_;
  controller_client reply_to_;
  metadata::change_quorum what_;
  std::string busy_with_ = "it is not committed by a majority of the controllers"; ///< why it takes so long
};

quorum_changer_actor::behavior_type
quorum_changer(quorum_changer_actor::stateful_pointer<quorum_changer_state> self, raft_driver_actor raft,
               request_tag tag, controller_client reply_to, metadata::change_quorum what);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::quorum_change_due)
