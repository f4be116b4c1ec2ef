// What nodes say to each other, in words: for the history of a run that went wrong.
#pragma once

#include "actors/interface/peer_messages.hpp"

#include <string>

namespace troupe::simulation::cluster {

std::string describe(node_id from, const peer_send& what);

} // namespace troupe::simulation::cluster
