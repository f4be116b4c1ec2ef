// Public: a node inside of your own process.
#pragma once

#include "actors/node/embedded_node.hpp"
