// Compiles the headers of this room on their own: each must bring what it needs.
#include "actors/interface/broker_view.hpp"
#include "actors/interface/controller_messages.hpp"
#include "actors/interface/session_messages.hpp"
#include "actors/interface/supervision_log.hpp"
