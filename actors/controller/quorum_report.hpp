// Answers metadata::describe_quorum on the node that leads: asks the quorum's driver once, answers, and is gone.
#pragma once

#include "actors/controller/raft_messages.hpp"

namespace troupe {

quorum_client::behavior_type quorum_report(quorum_client::pointer self, raft_driver_actor raft, request_tag tag,
                                           controller_client reply_to, std::int64_t wall_ms);

} // namespace troupe
