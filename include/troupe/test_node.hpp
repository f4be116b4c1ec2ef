// Public: a node in memory and virtual time, for your tests.
#pragma once

#include "actors/testing/test_node.hpp"
