// The clock of the library's own test node.
#pragma once

#include "actors/testing/virtual_clock.hpp"

namespace troupe::simulation {

using testing::virtual_clock;

} // namespace troupe::simulation
